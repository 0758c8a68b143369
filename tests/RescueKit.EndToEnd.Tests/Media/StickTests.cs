using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>Media as `media write` puts them onto a stick; a file stands for the stick, and needs no root.</summary>
[Collection(MediaTests.Name)]
public sealed partial class StickTests(MediaImage media) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<MediaFirmware> Firmwares() => TestScale.IsWide ? [MediaFirmware.Bios, MediaFirmware.SecureBoot] : [MediaFirmware.Bios];

    [Theory]
    [MemberData(nameof(Firmwares))]
    public void A_written_stick_boots_and_gets_its_log_when_the_machine_restarts(MediaFirmware firmware)
    {
        var stick = Write("stick", "--data-fs", "ext4");
        using (var machine = new MediaMachine(firmware, MediaMachine.Stick(stick, isWritable: true)))
        {
            machine.WaitFor("MiB"); // free on the stick: it is a place for images
            machine.Press("ctrl", "alt", "delete");
            machine.WaitForEnd();
        }
        Tool.Must("debugfs", "-R", $"rdump /logs {_folder.FullPath}", Extract(stick));
        var log = Directory.GetFiles(_folder.File("logs"), "kernel", SearchOption.AllDirectories).Single();
        Assert.Contains("rescuekit.stick=" + DiskId(stick), File.ReadAllText(log), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_stick_has_no_partition_and_no_warning_that_would_puzzle_a_person()
    {
        var stick = Write("stick");
        Assert.Equal(["ISO9660", "Appended2", "RESCUEKIT-DATA"], PartitionLine().Matches(Tool.Must("sgdisk", "--print", stick).Output).Select(line => line.Value.Split(' ')[^1]));
        var shown = JsonNode.Parse(MediaImage.Rescuekit("disk", "show", stick, "--json"))!;
        Assert.Empty(shown["warnings"]!.AsArray());
    }

    [Fact]
    public void Two_sticks_share_no_id()
    {
        Assert.Empty(Ids(Write("one")).Intersect(Ids(Write("two"))));
    }

    [Theory]
    [InlineData("exfat", "RESCUEKIT", "fsck.exfat", "-n")]
    [InlineData("ext4", "RESCUEKIT-DATA", "e2fsck", "-fn")]
    public void The_rest_of_the_stick_is_a_sound_file_system_with_the_known_label(string type, string label, string checker, string option)
    {
        var stick = Write("stick", "--data-fs", type);
        Tool.Must("sgdisk", "--verify", stick);
        var partition = Extract(stick);
        Tool.Must(checker, option, partition);
        Assert.Equal(label, Tool.Must("blkid", "-o", "value", "-s", "LABEL", partition).Output.Trim());
        Assert.Equal(type, Tool.Must("blkid", "-o", "value", "-s", "TYPE", partition).Output.Trim());
    }

    [Fact]
    public void A_stick_that_is_too_small_is_refused_untouched()
    {
        var stick = _folder.File("small");
        File.WriteAllBytes(stick, new byte[1 << 20]);
        var refused = Try(stick, "--confirm", "small");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("too small", refused.Error, StringComparison.Ordinal);
        Assert.False(File.ReadAllBytes(stick).AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Another_id_than_the_sticks_is_refused_and_another_file_than_rescue_media()
    {
        var stick = Blank("stick");
        File.WriteAllBytes(_folder.File("other.iso"), new byte[1 << 20]);
        Assert.Equal(4, Try(stick, "--confirm", "kcits").ExitCode);
        Assert.Equal(2, Try(stick, "--confirm", "stick", iso: _folder.File("other.iso")).ExitCode);
    }

    private string Blank(string name)
    {
        var stick = _folder.File(name);
        using (var file = File.Create(stick)) file.SetLength(1L << 30);
        return stick;
    }

    private string Write(string name, params string[] options)
    {
        var stick = Blank(name);
        MediaImage.Rescuekit(["media", "write", media.Iso, stick, "--confirm", name, .. options]);
        return stick;
    }

    private ToolResult Try(string stick, string option, string value, string? iso = null) =>
        Tool.Run(Path.Combine(Guests.GuestPaths.Repository, "scripts", "rescuekit"), "media", "write", iso ?? media.Iso, stick, option, value);

    private static string DiskId(string stick) => DiskIdentifier().Match(Tool.Must("sgdisk", "--print", stick).Output).Groups[1].Value;

    private static IEnumerable<string> Ids(string stick)
    {
        var numbers = PartitionLine().Matches(Tool.Must("sgdisk", "--print", stick).Output).Select(line => line.Groups[1].Value);
        return numbers.Select(number => Tool.Must("sgdisk", "--info=" + number, stick).Output.Split('\n').Single(line => line.StartsWith("Partition unique GUID", StringComparison.Ordinal))).Append(DiskId(stick));
    }

    /// <summary>The data partition as a file of its own.</summary>
    private string Extract(string stick)
    {
        var line = PartitionLine().Matches(Tool.Must("sgdisk", "--print", stick).Output).Single(line => line.Value.EndsWith("RESCUEKIT-DATA", StringComparison.Ordinal));
        var (start, end) = (long.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture), long.Parse(line.Groups[3].Value, CultureInfo.InvariantCulture));
        var partition = _folder.File("partition");
        Tool.Must("dd", $"if={stick}", $"of={partition}", "bs=512", $"skip={start}", $"count={end - start + 1}", "conv=sparse", "status=none");
        return partition;
    }

    [GeneratedRegex(@"Disk identifier \(GUID\): (\S+)")]
    private static partial Regex DiskIdentifier();

    [GeneratedRegex(@"^ +(\d+) +(\d+) +(\d+) .*$", RegexOptions.Multiline)]
    private static partial Regex PartitionLine();
}
