using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Tests.Fakes;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests;

public sealed class DeviceMapperProviderTests : SnapshotProviderContract, IDisposable
{
    private const long Length = 1000 * 512;

    private readonly TempFolder _folder = new();
    private readonly FakeDeviceMapper _mapper = new();
    private readonly FakeStores _stores;
    private readonly FakeHelpers _helpers;
    private readonly List<LiveVolume> _volumes, _unfit;
    private int _sets;

    public DeviceMapperProviderTests()
    {
        _stores = new FakeStores(_mapper.Faults);
        _helpers = new FakeHelpers(_mapper, _mapper.Faults, script => SetRemoval.Remove(_mapper, Path.GetFileName(script.SharedFile)));
        _volumes = [Volume(_mapper.Live("live0", "8:1 0")), Volume(_mapper.Live("live1", "8:2 0"))];
        _unfit =
        [
            Volume(_mapper.Live("vg0-root", "8:3 384", "LVM-abc")),
            Volume(_mapper.Live("stripes", "2 16 8:4 0 8:5 0", type: "striped")),
            Volume(_mapper.Live("pieces", "", [new MapTarget(0, 500, "linear", "8:6 0"), new MapTarget(500, 500, "linear", "8:7 0")])),
            Volume(_mapper.Live("short", "8:8 0")) with { Length = Length + 512 },
            new("partition 9 of /dev/sda", "8:9", Length, []),
        ];
        // Other programs' things, and other things of this one.
        _mapper.Live("rescuekit-0badcafe-0-real", "8:10 0");
        _mapper.Live("overlay", "8:11 0", "RESCUEKIT-rescuekit-overlay-sda1");
    }

    protected override IReadOnlyList<LiveVolume> Volumes => _volumes;
    protected override IReadOnlyList<LiveVolume> Unfit => _unfit;
    protected override bool AllowsSeveral => false;
    protected override IReadOnlyList<string> Machine => [.. _mapper.Books, $"{_stores.Open} stores"];
    protected override IReadOnlyList<string> Files => Directory.Exists(Shared) ? [.. Directory.EnumerateFiles(Shared).Order()] : [];

    private string Shared => _folder.File("snapshots");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_freezer_that_dies_leaves_everything_as_before()
    {
        var before = Machine;
        _helpers.FreezerDies = true;
        Assert.Throws<SnapshotException>(() => Start().Take(Volumes, NoParty.Instance));
        Assert.Equal(before, Machine);
        Assert.Empty(Files);
    }

    [Fact]
    public void The_topmost_file_systems_are_frozen_first_each_once_and_those_that_cannot_be_with_their_volume()
    {
        var (one, other) = (Volumes[0], Volumes[1]);
        var shared = new LiveFileSystem("/both", "0:45", "btrfs", 2);
        using var snapshot = Start().Take(
        [
            one with { FileSystems = [new("/", one.Number, "ext4", 1), shared, new("/deep", "7:1", "xfs", 3)] },
            other with { FileSystems = [shared, new("/boot/efi", other.Number, "vfat", 1)] },
        ], NoParty.Instance);
        var script = _helpers.LastScript!;
        Assert.Equal([new FrozenFileSystem("/deep", 3), new FrozenFileSystem("/both", 2), new FrozenFileSystem("/", 1)], script.FileSystems);
        // Whose suspension freezes is suspended while nothing else is.
        Assert.Equal([new HeldVolume("live1", true), new HeldVolume("live0", false)], script.Volumes);
        Assert.Equal([[1], [0, 1, 2]], script.OnVolumes!);
        Assert.Equal(Consistency.FileSystem, snapshot.Consistency);
    }

    /// <summary>Where the mapping lies on a partition: what is between the two is the only thing that does.</summary>
    [Fact]
    public void What_a_snapshot_has_put_below_a_mapping_is_not_frozen_once_more()
    {
        using var snapshot = Start().Take([Volumes[0]], NoParty.Instance);
        var real = Volume(_mapper.Find(SetNames.RealOf(snapshot.Id, 0).Name)!);
        Assert.Contains(snapshot.Id, Start().Refuses(real)!.Reason, StringComparison.Ordinal);
        Assert.Throws<SnapshotException>(() => Start().Take([real], NoParty.Instance));
    }

    [Fact]
    public void A_file_system_on_a_further_layer_that_cannot_be_frozen_is_as_after_a_power_cut()
    {
        using var snapshot = Start().Take([Volumes[0] with { FileSystems = [new("/stick", "7:1", "vfat", 2)] }, Volumes[1]], NoParty.Instance);
        Assert.Equal([Consistency.Crash, Consistency.FileSystem], snapshot.Volumes.Select(volume => volume.Consistency));
        Assert.Equal(Consistency.Crash, snapshot.Consistency);
    }

    [Theory]
    [InlineData("squashfs", Consistency.FileSystem)] // nobody writes to it
    [InlineData("udf", Consistency.Crash)]
    public void What_a_loop_device_carries_counts_where_it_is_written(string type, Consistency expected)
    {
        using var snapshot = Start().Take([Volumes[0] with { FileSystems = [new("/", Volumes[0].Number, "ext4", 1), new("/snap", "7:1", type, 2)] }], NoParty.Instance);
        Assert.Equal(["/"], _helpers.LastScript!.FileSystems.Select(system => system.MountPoint));
        Assert.Equal(expected, snapshot.Consistency);
    }

    [Theory]
    [InlineData("ntfs3", Consistency.FileSystem)]
    [InlineData("fuseblk", Consistency.Crash)] // what its program has not written yet is not in the kernel
    public void What_knows_no_freeze_is_held_with_its_volume(string type, Consistency expected)
    {
        using var snapshot = Start().Take([Volumes[0] with { FileSystems = [new("/", Volumes[0].Number, type, 1)] }], NoParty.Instance);
        Assert.True(_helpers.LastScript!.Volumes[0].FreezesItself);
        Assert.Equal(expected, snapshot.Consistency);
    }

    [Fact]
    public void Of_volumes_that_lie_on_one_another_the_upper_one_is_suspended_first()
    {
        var between = _mapper.Live("between", $"2 16 {Volumes[0].Number} 0 8:5 0", type: "striped");
        var upper = Volume(_mapper.Live("upper", $"{between.Number} 0"));
        using var snapshot = Start().Take([Volumes[1], Volumes[0], upper], NoParty.Instance);
        Assert.Equal(["live1", "upper", "live0"], _helpers.LastScript!.Volumes.Select(volume => volume.Name));
        Assert.Equal([Volumes[1], Volumes[0], upper], snapshot.Volumes.Select(volume => volume.Live));
    }

    [Theory]
    [InlineData("live0", false, Consistency.FileSystem)]
    [InlineData("live0", true, Consistency.Crash)] // mounted in another namespace
    [InlineData("above", false, Consistency.FileSystem)]
    [InlineData("above", true, Consistency.Crash)]
    public void Where_no_file_system_is_known_the_suspension_freezes_and_what_is_used_all_the_same_is_as_after_a_power_cut(string top, bool isHeld, Consistency expected)
    {
        if (top == "above") _mapper.Live("above", $"{Volumes[0].Number} 0");
        if (isHeld) _mapper.Hold(top);
        using var snapshot = Start().Take([Volumes[0] with { FileSystems = [] }, Volumes[1]], NoParty.Instance);
        Assert.Equal([new HeldVolume("live0", true), new HeldVolume("live1", false)], _helpers.LastScript!.Volumes);
        Assert.Equal([expected, Consistency.FileSystem], snapshot.Volumes.Select(volume => volume.Consistency));
    }

    [Fact]
    public void What_is_mounted_while_a_quiet_moment_is_waited_for_is_not_taken_for_idle()
    {
        using var snapshot = Start().Take([Volumes[0] with { FileSystems = [] }], new Mounting(_mapper));
        Assert.Equal(Consistency.Crash, snapshot.Consistency);
    }

    private sealed class Mounting(FakeDeviceMapper mapper) : IInstantParty
    {
        public void Freeze() => mapper.Hold("live0");

        public void Thaw(bool isTaken)
        {
        }
    }

    [Fact]
    public void A_call_that_freezes_and_does_not_end_keeps_its_guardian_and_its_page()
    {
        _helpers.FreezerHangs = true;
        Assert.Contains("thawed at once", Assert.Throws<SnapshotException>(() => Start().Take(Volumes, NoParty.Instance)).Message, StringComparison.Ordinal);
        Assert.Single(Files);
        Assert.False(_helpers.IsAnyGuardianKilled);
        _helpers.EndHanging();
        Assert.Empty(Files);
    }

    [Fact]
    public void One_volume_given_twice_is_refused()
    {
        var before = Machine;
        Assert.Throws<SnapshotException>(() => Start().Take([Volumes[0], Volumes[0]], NoParty.Instance));
        Assert.Equal(before, Machine);
        Assert.Empty(Files);
    }

    [Fact]
    public void Each_reason_has_a_remedy_of_its_own()
    {
        using var snapshot = Start().Take([Volumes[0]], NoParty.Instance);
        Assert.Contains("agent install", Start().Refuses(_unfit[^1])!.Remedy, StringComparison.Ordinal);
        Assert.Contains("image create --hot /dev/mapper/vg0-root", Start().Refuses(_unfit[0])!.Remedy, StringComparison.Ordinal);
        Assert.Contains($"snapshot release {snapshot.Id}", Start().Refuses(Volumes[0])!.Remedy, StringComparison.Ordinal);
        _mapper.Load("live1", [new MapTarget(0, 1000, "snapshot-origin", "8:2")]);
        _mapper.Resume("live1");
        Assert.DoesNotContain("release", Start().Refuses(Volumes[1])!.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_set_has_stores_of_its_own()
    {
        var provider = Start();
        using var first = provider.Take([Volumes[0]], NoParty.Instance);
        using var second = provider.Take([Volumes[1]], NoParty.Instance);
        Assert.Equal(2, _sets);
    }

    [Fact]
    public void A_device_that_somebody_removes_meanwhile_keeps_no_other_from_being_put_back()
    {
        var before = Machine;
        var snapshot = Start().Take(Volumes, NoParty.Instance);
        KillGuardians();
        _mapper.Vanishing = "overlay";
        Assert.Null(snapshot.Release());
        Assert.Equal(before, Machine);
    }

    protected override ISnapshotProvider Start() => new DeviceMapperProvider(
        new SnapshotOptions(new HelperProgram("none")) { Folder = Shared }, _mapper, () =>
        {
            _sets++;
            return _stores;
        }, _helpers.Start);

    protected override void FailAt(int call) => _mapper.Faults.FailAt(call);

    protected override bool Mend() => _mapper.Faults.Mend();

    protected override void KillAt(int change) => _mapper.Faults.KillAt(change);

    protected override void Kill()
    {
        KillGuardians();
        _stores.Forget();
        _mapper.Faults.DiesAt = null;
    }

    protected override void KillGuardians() => _helpers.KillGuardians();

    protected override void RefuseHandovers() => _helpers.RefusesHandovers = true;

    protected override void Lose(ISnapshot snapshot) => _mapper.Say(SetNames.FrozenOf(snapshot.Id, 0).Name, "Invalid");

    private static LiveVolume Volume(MappedDevice mapping) =>
        new($"the volume {mapping.Name}", mapping.Number, Length, [new LiveFileSystem($"/{mapping.Name}", mapping.Number, "ext4", 1)]);
}
