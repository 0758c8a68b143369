using System.Diagnostics;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>image serve as a process of its own, with the clients that people use.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void An_encrypted_image_in_parts_is_a_disk_until_it_is_told_to_end(string signal)
    {
        var disk = MakeDisk();
        File.WriteAllText(_folder.File("key"), "correct horse");
        Must("image", "create", disk, Image, "--encrypt", "--passphrase-file", _folder.File("key"), "--split", "4M", "--all-blocks");
        using var served = Serve("--socket", _folder.File("nbd"), "--passphrase-file", _folder.File("key"));
        Tool.Must("qemu-img", "compare", "-f", "raw", "-F", "raw", disk, served.Uri);
        Assert.Equal(0, served.End(signal));
        Assert.False(File.Exists(_folder.File("nbd")));
    }

    [Fact]
    public void One_partition_is_a_disk_of_its_own_on_a_free_port()
    {
        Must("image", "create", MakeDisk(), Image);
        using var served = Serve("--port", "0", "--partition", "1", "--once");
        Assert.StartsWith("nbd://127.0.0.1:", served.Uri, StringComparison.Ordinal);
        Tool.Must("nbdcopy", served.Uri, _folder.File("volume"));
        Assert.Contains("ANSWER", Tool.Must("debugfs", "-R", "cat /answer", _folder.File("volume")).Output, StringComparison.Ordinal);
        Tool.Must("e2fsck", "-fn", _folder.File("volume"));
        Assert.Equal(0, served.End(null)); // by itself, since the only client has left
    }

    [Fact]
    public void What_is_written_lasts_in_the_overlay_and_the_image_is_as_it_was()
    {
        Must("image", "create", MakeDisk(), Image);
        var before = Tool.Must("sha256sum", Image).Output;
        for (var time = 0; time < 2; time++)
        {
            using var served = Serve("--socket", _folder.File("nbd"), "--overlay", _folder.File("changes"));
            if (time == 0) Tool.Must("qemu-io", "-f", "raw", "-c", "write -P 5 3000000 100000", served.Uri);
            Assert.DoesNotContain("failed", Tool.Must("qemu-io", "-r", "-f", "raw", "-c", "read -P 5 3000000 100000", served.Uri).Output, StringComparison.Ordinal);
            served.End("INT");
        }
        Assert.Equal(before, Tool.Must("sha256sum", Image).Output);
    }

    [Fact]
    public void What_makes_no_sense_is_said_in_plain_words()
    {
        Must("image", "create", MakeDisk(), Image);
        Refused(2, "give one of them", Image, "--socket", "x", "--port", "4");
        Refused(2, "is no port", Image, "--port", "70000");
        Refused(2, "is no address", Image, "--address", "here");
        Refused(2, "without encryption", Image, "--address", "0.0.0.0");
        Refused(2, "server-cert.pem", Image, "--tls-certs", _folder.FullPath);
        Refused(2, "has no partition 9", Image, "--partition", "9");
        Refused(1, "cannot listen", Image, "--socket", Image);
        Refused(4, "no overlay of", Image, "--port", "0", "--overlay", Image);
        Refused(3, "", _folder.File("disk"));
        Refused(1, "", _folder.File("nothing.rki"));
    }

    private string Image => _folder.File("disk.rki");

    private string MakeDisk()
    {
        var disk = SparseFile.Create(_folder.File("disk"), 12 << 20);
        Tool.Must("sgdisk", "-n", "1:2048:0", disk);
        File.WriteAllText(_folder.File("answer"), "ANSWER");
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-E", "offset=1048576", disk, "10M");
        Tool.Must("debugfs", "-w", "-R", $"write {_folder.File("answer")} answer", $"{disk}?offset=1048576");
        return disk;
    }

    private Served Serve(params string[] options) => new([Image, .. options]);

    private static void Must(params string[] arguments)
    {
        var result = Rescuekit.Run(arguments);
        Assert.True(result.Ok, result.Everything);
    }

    private static void Refused(int exitCode, string said, params string[] arguments)
    {
        var result = Rescuekit.Run(["image", "serve", .. arguments]);
        Assert.True(result.ExitCode == exitCode, result.Everything);
        Assert.Contains("error: ", result.Error, StringComparison.Ordinal);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
    }

    /// <summary>A process that serves, once it says so.</summary>
    private sealed class Served : IDisposable
    {
        private readonly Process _process;

        public Served(string[] arguments)
        {
            var start = new ProcessStartInfo(Rescuekit.Path, ["image", "serve", .. arguments, "--json"]) { RedirectStandardOutput = true };
            _process = Process.Start(start)!;
            var said = "";
            while (_process.StandardOutput.ReadLine() is { } line)
            {
                said += line;
                if (line == "}") break;
            }
            using var document = JsonDocument.Parse(said);
            Uri = document.RootElement.GetProperty("uri").GetString()!;
        }

        public string Uri { get; }

        /// <returns>The exit code.</returns>
        public int End(string? signal)
        {
            if (signal is not null) Tool.Must("kill", "-s", signal, $"{_process.Id}");
            Assert.True(_process.WaitForExit(TimeSpan.FromMinutes(2)), "it goes on");
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }
    }
}
