using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Lvm;
using RescueKit.Snapshots.Tests.Fakes;

namespace RescueKit.Snapshots.Tests.Lvm;

public sealed class GuardedVolumesTests : IDisposable
{
    private const long GiB = 1L << 30, MiB = 1 << 20;
    private const string Path = "vg0/rescuekit-0badcafe", Mapped = "vg0-rescuekit--0badcafe", NearlyFull = "500000/524288 16";

    private readonly FakeDeviceMapper _mapper = new();
    private readonly Faults _faults = new();
    private readonly FakeLvm _lvm;
    private readonly GuardedVolumes _guarded;

    public GuardedVolumesTests()
    {
        _lvm = new FakeLvm(_mapper, _faults);
        _guarded = new GuardedVolumes(_lvm, _mapper, [Path]);
    }

    public void Dispose()
    {
        _guarded.Dispose();
        _mapper.Dispose();
    }

    [Theory]
    [InlineData("vg0/root", "vg0-root")]
    [InlineData("my-vg/web-1-root", "my--vg-web--1--root")]
    [InlineData("a--b/c-", "a----b-c--")]
    public void Hyphens_are_doubled(string path, string expected) => Assert.Equal(expected, GuardedVolumes.MappedName(path));

    [Fact]
    public void A_store_that_is_nearly_full_is_made_larger()
    {
        Thick(free: 10 * GiB);
        _mapper.Say(Mapped, NearlyFull);
        _guarded.Look();
        Assert.Equal([$"{Path} +{256 * MiB}"], _lvm.Extensions);
    }

    [Fact]
    public void One_that_has_room_is_left_alone()
    {
        Thick(free: 10 * GiB);
        _mapper.Say(Mapped, "16/2097152 16");
        _guarded.Look();
        Assert.Empty(_lvm.Extensions);
    }

    [Fact]
    public void A_group_that_is_full_is_left_alone()
    {
        Thick(free: 0);
        _mapper.Say(Mapped, NearlyFull);
        _guarded.Look();
        Assert.Empty(_lvm.Extensions);
        Assert.Single(_lvm.Books);
    }

    [Fact]
    public void Lvm_that_refuses_is_asked_again_later()
    {
        Thick(free: 10 * GiB);
        _mapper.Say(Mapped, NearlyFull);
        _faults.FailAt(1);
        _guarded.Look();
        Assert.True(_faults.Mend());
        Assert.Empty(_lvm.Extensions);
    }

    [Fact]
    public void A_kernel_that_refuses_ends_nobody()
    {
        Thick(free: 10 * GiB);
        _mapper.Faults.FailAt(0);
        _guarded.Look();
        Assert.True(_mapper.Faults.Mend());
    }

    [Theory]
    [InlineData("1 10/100 96/100 -", true)]
    [InlineData("Fail", true)]
    [InlineData("1 10/100 50/100 -", false)]
    public void A_thin_one_goes_before_its_pool_is_full(string pool, bool goes)
    {
        var tpool = _mapper.Live("vg0-pool-tpool", "LVM-pool-tpool", [new MapTarget(0, 1000, "thin-pool", "253:8 253:9")]);
        _mapper.Say(tpool.Name, pool);
        _lvm.Add(Volume("thin", 0), new MapTarget(0, 2000, "thin", $"{tpool.Number} 7"));
        _guarded.Look();
        Assert.Equal(goes, _lvm.Books.Count == 0);
    }

    [Fact]
    public void A_thin_one_that_is_read_gives_errors_until_it_is_read_no_more()
    {
        var tpool = _mapper.Live("vg0-pool-tpool", "LVM-pool-tpool", [new MapTarget(0, 1000, "thin-pool", "253:8 253:9")]);
        _mapper.Say(tpool.Name, "1 10/100 96/100 -");
        _lvm.Add(Volume("thin", 0), new MapTarget(0, 2000, "thin", $"{tpool.Number} 7"));
        _mapper.Open(Mapped);
        _guarded.Look();
        Assert.Equal([new MapTarget(0, 2000, "error", "")], _mapper.Table(Mapped));
        Assert.True(SnapshotBook.StateOf(_mapper, _mapper.Find(Mapped)!.Node) is { IsLost: true });
        _guarded.Look();
        Assert.Single(_lvm.Books);
        _mapper.Close(Mapped);
        using var later = new GuardedVolumes(_lvm, _mapper, [Path]);
        later.Look();
        Assert.Empty(_lvm.Books);
    }

    [Fact]
    public void Looks_that_follow_each_other_at_once_cost_nothing()
    {
        Thick(free: 10 * GiB);
        _mapper.Say(Mapped, NearlyFull);
        _guarded.Look();
        _guarded.Look();
        Assert.Single(_lvm.Extensions);
    }

    [Fact]
    public void What_is_gone_is_removed_without_a_word_and_what_cannot_be_is_told()
    {
        _guarded.Remove();
        Thick(free: 0);
        _faults.FailAt(1);
        Assert.Contains("lvremove", Assert.Throws<SnapshotException>(_guarded.Remove).Message, StringComparison.Ordinal);
        _faults.Mend();
        _guarded.Remove();
        Assert.Empty(_lvm.Books);
    }

    private void Thick(long free) => _lvm.Add(Volume("linear", free), new MapTarget(0, 2000, "snapshot", "253:1 253:2 P 8"));

    private static LogicalVolume Volume(string type, long free) => new("vg0", "rescuekit-0badcafe", "", 10 * GiB, type, "root", [LvmNames.Tag], free, 4 << 20, type == "thin" ? GiB : null);
}
