using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Unattended;
using RescueKit.Engine.Inspection;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Agent.Tests.Unattended;

public class PlacedWordsTests
{
    private readonly FakeHost _host = new();
    private readonly ManualClock _clock = new() { SkipsWaits = true };
    private readonly List<string> _told = [];

    [Fact]
    public async Task A_labelled_partition_is_attached_and_its_path_put_into_the_words()
    {
        _host.Disks = [Disk("/dev/sda", "system"), Disk("/dev/nvme0n1", "BACKUP")];
        Assert.Equal(["image", "restore", "/places/_dev_nvme0n1p1/a/web1.rki", "/dev/sda"], await Resolve("image", "restore", "LABEL=BACKUP:/a/web1.rki", "/dev/sda"));
        Assert.Equal(new PlaceRequest { Kind = PlaceKind.Partition, Address = "/dev/nvme0n1p1" }, Assert.Single(_host.Attached));
    }

    [Fact]
    public async Task Only_what_an_image_is_made_on_is_attached_for_writing()
    {
        _host.Disks = [Disk("/dev/sdb", "BACKUP"), Disk("/dev/sdc", "KEYS")];
        await Resolve("image", "create", "/dev/sda", "UUID=uuid-of-backup:/web1.rki", "--encrypt", "--passphrase-file", "LABEL=KEYS:/key");
        Assert.Equal([("/dev/sdb1", true), ("/dev/sdc1", false)], _host.Attached.Select(request => (request.Address, request.Writable)));
    }

    [Fact]
    public async Task Of_several_sticks_the_one_that_was_booted_from_is_meant()
    {
        _host.Disks = [Disk("/dev/sdb", "RESCUEKIT-DATA"), Disk("/dev/sdc", "RESCUEKIT-DATA")];
        await Assert.ThrowsAsync<SafetyException>(() => Resolve("image", "verify", "LABEL=RESCUEKIT-DATA:/web1.rki"));
        _host.Stick = "/dev/sdc";
        await Resolve("image", "verify", "LABEL=RESCUEKIT-DATA:/web1.rki");
        Assert.Equal(new PlaceRequest { Kind = PlaceKind.Stick, Address = "/dev/sdc1", Writable = true }, Assert.Single(_host.Attached));
    }

    [Fact]
    public async Task A_disk_that_shows_up_late_is_waited_for_and_one_that_never_does_is_an_error()
    {
        foreach (var found in new DiskDocument[][] { [], [], [Disk("/dev/sdb", "LATE")] }) _host.Looks.Enqueue(found);
        Assert.Equal("/places/_dev_sdb1/x", Assert.Single(await Resolve("LABEL=LATE:/x")));
        Assert.Equal(["waiting for a partition LABEL=LATE"], _told);
        Assert.Contains("no partition is LABEL=NEVER", (await Assert.ThrowsAsync<DeviceException>(() => Resolve("LABEL=NEVER:/x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_among_the_words_is_waited_for_and_left_to_the_run_where_it_never_shows_up()
    {
        var began = _clock.GetUtcNow();
        Assert.Equal(["image", "create", "/dev/null", "x.rki"], await Resolve("image", "create", "/dev/null", "x.rki"));
        Assert.Equal(began, _clock.GetUtcNow());
        Assert.Empty(_told);
        Assert.Equal(["image", "create", "/dev/no-such-disk", "x.rki"], await Resolve("image", "create", "/dev/no-such-disk", "x.rki"));
        Assert.InRange(_clock.GetUtcNow() - began, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(40));
        Assert.Equal(["waiting for /dev/no-such-disk"], _told);
    }

    [Fact]
    public async Task A_share_is_attached_by_its_address()
    {
        Assert.Equal(["image", "create", "/dev/sda", "/places/nas:_backup/web1.rki"], await Resolve("image", "create", "/dev/sda", "nfs://nas/backup/web1.rki"));
        Assert.Equal(new PlaceRequest { Kind = PlaceKind.Nfs, Address = "nas:/backup", Writable = true }, Assert.Single(_host.Attached));
    }

    private Task<IReadOnlyList<string>> Resolve(params string[] words) =>
        new PlacedWords(_host, _clock, TimeSpan.FromSeconds(30), _told.Add).ResolveAsync(words, CancellationToken.None);

    private static DiskDocument Disk(string path, string label) => new()
    {
        Path = path,
        Kind = "disk",
        Length = 1 << 30,
        ConfirmId = "X",
        LogicalSectorSize = 512,
        PhysicalSectorSize = 512,
        Uses = [],
        Warnings = [],
        Partitions =
        [
            new PartitionDocument { Number = 1, Offset = 1 << 20, Length = 1 << 29, Type = "x", Label = label, Uuid = $"UUID-of-{label.ToLowerInvariant()}", Warnings = [] },
        ],
    };
}
