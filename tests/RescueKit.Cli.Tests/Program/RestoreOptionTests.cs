using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>What --partition and --free do, and what a limit of file sizes does, on small real disks in files.</summary>
public sealed class RestoreOptionTests : IDisposable
{
    private const int MiB = 1 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("2:3")]
    [InlineData("1:2", "2:3")]
    [InlineData("2", "1:3")]
    public void Chosen_partitions_go_where_they_are_told_and_nowhere_else(params string[] mappings)
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        Must("image", "create", disk, image, "--quiet");
        // Three partitions of 17 MiB, all at other places than in the image, and everything random.
        var target = _folder.File("target.raw");
        File.WriteAllBytes(target, Noise(54 * MiB));
        Tool.Must("sgdisk", "-Z", target);
        Tool.Must("sgdisk", "-n1:4096:+17M", "-n2:0:+17M", "-n3:0:+17M", target);
        var before = File.ReadAllBytes(target);

        var onto = mappings.Select(m => int.Parse(m.Split(':')[^1])).ToList();
        string[] options = [.. mappings.SelectMany(m => (string[])["--partition", m]), "--confirm", "target.raw", "--verify", "--json", "--quiet"];
        using var receipt = JsonDocument.Parse(Must(["image", "restore", image, target, .. options]).Output);
        Assert.Equal(onto, receipt.RootElement.GetProperty("partitions").EnumerateArray().Select(p => p.GetProperty("target_number").GetInt32()));

        foreach (var mapping in mappings.Select(m => m.Split(':')))
        {
            var part = SmallDisk.Take(target, At(int.Parse(mapping[^1])), 17 * MiB, _folder.File("part"));
            if (mapping[0] == "1") SmallDisk.MustBeFat(part, _folder);
            else SmallDisk.MustBeExt(part, _folder);
        }
        var after = File.ReadAllBytes(target);
        foreach (var number in onto) before.AsSpan(At(number), 17 * MiB).CopyTo(after.AsSpan(At(number)));
        Assert.True(before.AsSpan().SequenceEqual(after), "something else was written to");

        static int At(int number) => (2 + 17 * (number - 1)) * MiB;
    }

    [Theory]
    [InlineData("keep")]
    [InlineData("discard")]
    [InlineData("zero")]
    public void Free_blocks_are_kept_discarded_or_zeroed(string free)
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        Must("image", "create", disk, image, "--quiet");
        var target = _folder.File("target.raw");
        File.WriteAllBytes(target, Noise((int)new FileInfo(disk).Length));
        Must("image", "restore", image, target, "--confirm", "target.raw", "--free", free, "--verify", "--quiet");
        SmallDisk.MustBeWhole(target, _folder);
        // The free blocks of the source are zero, and a file's discarded blocks are holes.
        Assert.Equal(free == "keep" ? 1 : 0, Tool.Run("cmp", "-s", disk, target).ExitCode);
        var allocated = long.Parse(Tool.Must("stat", "-c", "%b", target).Output) * 512;
        if (free != "keep") Assert.InRange(allocated, 1, new FileInfo(target).Length / 2);
    }

    /// <summary>An image goes on in another part (PartFileTests); a disk file has to be as long as the disk.</summary>
    [Fact]
    public void A_target_file_that_may_not_be_so_long_is_not_begun()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        var target = _folder.File("new.raw");
        Must("image", "create", disk, image, "--quiet");
        // Blocks of 1024 bytes. The .NET runtime itself makes a large file in memory, unless told not to.
        var limited = Rescuekit.Shell($"export DOTNET_EnableWriteXorExecute=0; ulimit -f 3000; \"$R\" image restore '{image}' '{target}' --json --quiet");
        Assert.True(limited.ExitCode == 1, limited.Everything);
        using (var error = JsonDocument.Parse(limited.Output))
            Assert.Contains("cannot hold a file of this size", error.RootElement.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.False(File.Exists(target));
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        new Random(6).NextBytes(noise);
        return noise;
    }

    private static ToolResult Must(params string[] arguments)
    {
        var result = Rescuekit.Run(arguments);
        Assert.True(result.Ok, result.Everything);
        return result;
    }
}
