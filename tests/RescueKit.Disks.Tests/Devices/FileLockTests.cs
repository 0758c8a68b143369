using System.Diagnostics;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.Devices;

/// <summary>Files that other programs have locked, in each of the ways in which they do: real programs, as processes of their own.</summary>
public sealed class FileLockTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _path;

    public FileLockTests() => _path = SparseFile.Create(_folder.File("disk"), 1 << 20);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("F_WRLCK", 0, 0, true)]
    [InlineData("F_WRLCK", 4096, 100, true)]
    [InlineData("F_RDLCK", 0, 0, false)]
    public void Range_locks_are_kept(string type, int start, int length, bool excludesReaders)
    {
        // struct flock of 64-bit Linux: type, whence, start, length, process.
        var script = $"open(F, '+<', $ARGV[0]) or die; my $lock = pack('s s x4 q q i x4', {type}, 0, {start}, {length}, 0); fcntl(F, F_SETLK, $lock) or die; $| = 1; print \"held\\n\"; <STDIN>";
        using (new Holder("perl", ["-MFcntl", "-e", script, _path], "")) MustBeHeld(excludesReaders);
        MustBeFree();
    }

    [Fact]
    public void A_whole_file_lock_is_kept()
    {
        using (new Holder("flock", [_path, "sh", "-c", "echo held; read line"], "")) MustBeHeld(excludesReaders: true);
        MustBeFree();
    }

    [Fact]
    public void The_disk_of_a_virtual_machine_is_neither_written_nor_read_as_one_at_rest()
    {
        using (new Holder("qemu-io", ["-f", "raw", _path], "length\n")) MustBeHeld(excludesReaders: true);
        MustBeFree();
    }

    [Fact]
    public void No_virtual_machine_starts_from_a_disk_that_is_held()
    {
        ToolResult Qemu(string command, params string[] options) => Tool.Run("qemu-io", ["-f", "raw", .. options, "-c", command, _path]);
        using (BlockDevices.OpenTarget(_path)) Assert.False(Qemu("read 0 512").Ok);
        using (BlockDevices.OpenSource(_path))
        {
            Assert.False(Qemu("write 0 512").Ok);
            var read = Qemu("read 0 512", "-r");
            Assert.True(read.Ok, read.Everything);
        }
        var free = Qemu("write 0 512");
        Assert.True(free.Ok, free.Everything);
    }

    private void MustBeHeld(bool excludesReaders)
    {
        Assert.Contains("in use by another program", Assert.Throws<SafetyException>(() => BlockDevices.OpenTarget(_path)).Message, StringComparison.Ordinal);
        if (excludesReaders) Assert.Throws<SafetyException>(() => BlockDevices.OpenSource(_path));
        else BlockDevices.OpenSource(_path).Dispose();
    }

    private void MustBeFree()
    {
        BlockDevices.OpenTarget(_path).Dispose();
        BlockDevices.OpenSource(_path).Dispose();
    }

    /// <summary>A program that holds the file once it has printed a line, until its input ends.</summary>
    private sealed class Holder : IDisposable
    {
        private readonly Process _process;

        public Holder(string program, string[] arguments, string input)
        {
            _process = Process.Start(new ProcessStartInfo(Tool.Find(program), arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            _process.StandardInput.Write(input);
            _process.StandardInput.Flush();
            Assert.NotNull(_process.StandardOutput.ReadLine());
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
