using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The booted environment with its stick, a disk full of files that has bad sectors in two of them, a good one and a blank one.</summary>
public sealed partial class FailingDiskMachine : IDisposable
{
    private const int Mebibytes = 96;
    private const int BlockSize = 4096;
    private readonly TempFolder _folder = new();
    private readonly Lazy<MediaGuest> _guest;

    public FailingDiskMachine(MediaImage media)
    {
        var dying = GuestDisks.WithFiles(_folder, "dying", Mebibytes, 512, seed: 3);
        var victims = Directory.EnumerateFiles(Files, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length >= 8 * BlockSize).Order(StringComparer.Ordinal).Take(2)
            .Select(file => Path.GetRelativePath(Files, file)).ToList();
        var volume = MatrixDisk.Partition(dying, _folder.File("volume"));
        // One sector in the middle of the fifth block, so that the sectors around it in the same block have to be saved.
        Bad = victims.ToDictionary(file => file, file => new Extent(GuestDisks.PartitionOffset + FifthBlock(volume, file) * BlockSize + 3 * 512, 512));
        Dying = new GuestDisk("dying", dying, GuestBus.Usb) { Serial = "DYING111", Faults = [.. Bad.Values.Select(bad => new GuestFault(bad.Offset / 512))] };
        Good = new GuestDisk("good", GuestDisks.WithFiles(_folder, "good", Mebibytes, 512, seed: 4), GuestBus.Virtio) { Serial = "GOOD2222" };
        Blank = new GuestDisk("blank", SparseFile.Create(_folder.File("blank"), (Mebibytes + 8L) << 20), GuestBus.Virtio) { Serial = "BLNK3333" };
        Stick = new GuestDisk("stick", _folder.File("stick"), GuestBus.Usb) { Serial = "STCK4444" };
        _guest = new Lazy<MediaGuest>(() =>
        {
            MediaImage.Rescuekit("media", "write", media.Iso, Stick.File, "--size", "1G");
            var id = DiskIdentifier().Match(Tool.Must("sgdisk", "--print", Stick.File).Output).Groups[1].Value;
            return new MediaGuest(media, [Stick, Dying, Good, Blank], $"rescuekit.stick={id}");
        });
    }

    internal GuestDisk Stick { get; }
    internal GuestDisk Dying { get; }
    internal GuestDisk Good { get; }
    internal GuestDisk Blank { get; }

    /// <summary>By file, the sector of it that cannot be read.</summary>
    internal IReadOnlyDictionary<string, Extent> Bad { get; }

    /// <summary>What the dying disk held.</summary>
    internal string Files => _folder.File("dying-files");

    internal MediaGuest Guest => _guest.Value;

    public void Dispose()
    {
        if (_guest.IsValueCreated) Guest.Dispose();
        _folder.Dispose();
    }

    private static long FifthBlock(string volume, string file) =>
        long.Parse(Tool.Must("debugfs", "-R", $"bmap \"/{file}\" 4", volume).Output.Trim(), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Disk identifier \(GUID\): (\S+)")]
    private static partial Regex DiskIdentifier();
}

/// <summary>A disk that dies and a stick that is pulled, in the booted environment.</summary>
[Collection(MediaTests.Name), Trait(TestScale.Tier, TestScale.Wide)]
public sealed class FailingDiskTests(FailingDiskMachine machine) : IClassFixture<FailingDiskMachine>
{
    private const string Place = "/run/rescuekit/places/stick";

    private MediaGuest Guest => machine.Guest;

    /// <summary>It also vanishes for a moment, as failing disks do.</summary>
    [Fact]
    public void A_dying_disk_loses_just_its_bad_sectors()
    {
        Guest.Limit(machine.Dying, 4 * GuestDisks.MiB);
        var run = Guest.Start(Line($"image create {Guest.Node(machine.Dying)} LABEL=RESCUEKIT-DATA:/dying.rki --codec none --on-bad-sector skip"));
        UntilStored("dying.rki", 6, run);
        Guest.Unplug(machine.Dying);
        Guest.Plug(machine.Dying);
        Guest.Limit(machine.Dying, 0);
        var ended = Guest.Wait(run, 5);
        Assert.All(machine.Bad.Values, bad => Assert.Contains(bad.Offset.ToString(CultureInfo.InvariantCulture), ended.Output, StringComparison.Ordinal));
        var receipt = Guest.Json($"cat {Place}/dying.rki.receipt.json");
        Assert.Equal("complete with losses", receipt.GetProperty("verdict").GetString());
        Assert.Equal(ExtentSet.From(machine.Bad.Values), ExtentSet.From(receipt.GetProperty("unreadable").EnumerateArray()
            .Select(range => new Extent(range.GetProperty("offset").GetInt64(), range.GetProperty("length").GetInt64()))));

        Guest.Must(Line($"image restore LABEL=RESCUEKIT-DATA:/dying.rki {Guest.Node(machine.Blank)} --verify --confirm {MediaGuest.ConfirmId(machine.Blank)}"), 5);
        Guest.Must($"rm {Place}/dying.rki");
        using var folder = new TempFolder();
        var lost = RestoredDisk.LostFiles(machine.Blank.File, folder.FullPath);
        Assert.Equal(machine.Bad.Keys.Order(StringComparer.Ordinal), lost.Order(StringComparer.Ordinal));
        Assert.All(lost, file => Assert.Equal(WithoutItsSector(file), File.ReadAllBytes(Path.Combine(folder.FullPath, file))));
    }

    [Fact]
    public void A_stick_that_is_pulled_during_a_backup_onto_it_leaves_an_image_that_goes_on_when_it_is_back()
    {
        var create = Line($"image create {Guest.Node(machine.Good)} LABEL=RESCUEKIT-DATA:/pulled.rki --codec none");
        Guest.Limit(machine.Good, 4 * GuestDisks.MiB);
        var run = Guest.Start(create);
        UntilStored("pulled.rki", 12, run);
        Guest.Unplug(machine.Stick);
        Guest.Limit(machine.Good, 0);
        var ended = Guest.Wait(run, 1);
        Assert.Contains("it was unplugged", ended.Error, StringComparison.Ordinal);
        Assert.Contains("--resume", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("STCK4444", Guest.Must("rescuekit disk list --json").Output, StringComparison.Ordinal);

        Guest.Plug(machine.Stick);
        Guest.Until($"mountpoint -q {Place} && [ -f {Place}/pulled.rki ]");
        Guest.Must($"rescuekit image verify {Place}/pulled.rki", 3);
        Guest.Must(create.TrimEnd('\'') + " --resume'");
        Guest.Must($"rescuekit image verify {Place}/pulled.rki && rm {Place}/pulled.rki");
    }

    private static string Line(string line) => $"rescuekit agent execute --line '{line}'";

    private void UntilStored(string image, int mebibytes, Task<ToolResult> run) =>
        Guest.Until(() => Guest.Run($"[ $(stat -c %s {Place}/{image}) -gt {mebibytes * GuestDisks.MiB} ]").Ok, $"{mebibytes} MiB are stored", run);

    /// <summary>The file as it has to be: zeros where the bad sector was.</summary>
    private byte[] WithoutItsSector(string file)
    {
        var content = File.ReadAllBytes(Path.Combine(machine.Files, file));
        content.AsSpan(4 * 4096 + 3 * 512, 512).Clear();
        return content;
    }
}
