using RescueKit.Model;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Lvm;
using RescueKit.Snapshots.Tests.Fakes;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Lvm;

public abstract class LvmProviderContract : SnapshotProviderContract, IDisposable
{
    private protected const long GiB = 1L << 30;

    private readonly TempFolder _folder = new();
    private readonly FakeHelpers _helpers;
    private readonly List<LiveVolume> _volumes, _unfit;

    private protected LvmProviderContract(string type)
    {
        Lvm = new FakeLvm(Mapper, Faults);
        _helpers = new FakeHelpers(Mapper, Faults, script => new GuardedVolumes(Lvm, Mapper, script.LogicalVolumes!).Remove());
        _volumes = [Live(Lvm.Add(Volume("root", type))), Live(Lvm.Add(Volume("srv", type)))];
        _unfit =
        [
            Live(Lvm.Add(Volume("mirror", "raid1"))),
            Live(Lvm.Add(Volume("before-upgrade", "linear") with { Origin = "root" })),
            new("the volume /dev/sda1", "8:1", GiB, []),
        ];
        // Others' volumes that look like snapshots of this program, one way or the other.
        Lvm.Add(Volume("rescuekit-0badcafe", "linear"));
        Lvm.Add(Volume("rescuekit-deadbeef", type) with { Origin = "root", Tags = ["mine"] });
        Lvm.Add(Volume("tagged", type) with { Origin = "root", Tags = [LvmNames.Tag] });
    }

    private protected FakeDeviceMapper Mapper { get; } = new();
    private protected Faults Faults { get; } = new();
    private protected FakeLvm Lvm { get; }

    protected override IReadOnlyList<LiveVolume> Volumes => _volumes;
    protected override int AtOnce => 1;
    protected override IReadOnlyList<LiveVolume> Unfit => _unfit;
    protected override bool AllowsSeveral => true;
    protected override IReadOnlyList<string> Machine => [.. Lvm.Books, .. Mapper.Books];
    protected override IReadOnlyList<string> Files => Directory.Exists(Shared) ? [.. Directory.EnumerateFiles(Shared).Order()] : [];

    private string Shared => _folder.File("snapshots");

    [Fact]
    public void What_was_made_by_a_call_that_failed_goes_too()
    {
        Lvm.FailsLate = true;
        Whatever_call_fails_everything_is_as_before();
    }

    [Fact]
    public void After_a_restart_what_is_left_is_removed_though_nobody_wrote_it_down()
    {
        var before = Machine;
        Start().Take([Volumes[0]], NoParty.Instance);
        Kill();
        Directory.Delete(Shared, recursive: true);
        Assert.Single(Start().RemoveStale());
        Assert.Equal(before, Machine);
    }

    [Fact]
    public void Of_a_snapshot_its_origin_is_named() => Assert.Contains("/dev/vg-0/root", Start().Refuses(_unfit[1])!.Remedy, StringComparison.Ordinal);

    [Fact]
    public void Several_volumes_at_one_instant_are_refused()
    {
        var before = Machine;
        Assert.Throws<SnapshotException>(() => Start().Take(Volumes, NoParty.Instance));
        Assert.Equal(before, Machine);
    }

    [Fact]
    public void A_store_elsewhere_is_refused()
    {
        var before = Machine;
        Assert.Throws<SnapshotException>(() => Start(options => options with { Store = "memory" }).Take([Volumes[0]], NoParty.Instance));
        Assert.Equal(before, Machine);
    }

    [Fact]
    public void One_that_took_too_long_is_no_snapshot()
    {
        var before = Machine;
        Assert.Throws<SnapshotException>(() => Start(options => options with { FreezeLimit = TimeSpan.Zero }).Take([Volumes[0]], NoParty.Instance));
        Assert.Equal(before, Machine);
        Assert.Empty(Files);
    }

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override ISnapshotProvider Start() => Start(options => options);

    protected override void FailAt(int call) => Faults.FailAt(call);

    protected override bool Mend() => Faults.Mend();

    protected override void KillAt(int change) => Faults.KillAt(change);

    protected override void Kill()
    {
        KillGuardians();
        Faults.DiesAt = null;
    }

    protected override void KillGuardians() => _helpers.KillGuardians();

    protected override void RefuseHandovers() => _helpers.RefusesHandovers = true;

    private protected string MappedName(ISnapshot snapshot) => GuardedVolumes.MappedName(Lvm.List().Single(volume => volume.Node == snapshot.Volumes[0].Device).Path);

    private LvmProvider Start(Func<SnapshotOptions, SnapshotOptions> with) =>
        new(with(new SnapshotOptions(new HelperProgram("none")) { Folder = Shared }), Lvm, Mapper, _helpers.Start);

    private static LogicalVolume Volume(string name, string type) =>
        new("vg-0", name, "", GiB, type, "", [], 10 * GiB, 4 << 20, type == "thin" ? 5 * GiB : null);

    private static LiveVolume Live(LogicalVolume volume) =>
        new($"the volume {volume.Path}", volume.Number, volume.Length, [new LiveFileSystem($"/{volume.Name}", volume.Number, "ext4", 1)]);
}

public sealed class LvmProviderTests() : LvmProviderContract("linear")
{
    protected override void Lose(ISnapshot snapshot) => Mapper.Say(MappedName(snapshot), "Invalid");
}

public sealed class ThinLvmProviderTests() : LvmProviderContract("thin")
{
    protected override void Lose(ISnapshot snapshot) => Mapper.Say(MappedName(snapshot), "Fail");
}
