using RescueKit.Engine.Reading;
using RescueKit.Engine.Survey;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

[Collection("disks")]
public class BadSectorTests(DiskFixture disks)
{
    private static readonly BackupRequest Skip = Bench.BackupRequest with { OnBadSector = BadSectorPolicy.Skip };

    private long Ext => disks.Gpt.Volumes[1].Offset;

    [Fact]
    public void Without_skip_the_run_stops_with_the_offset_and_the_image_can_be_resumed()
    {
        var bad = ExtentSet.Of(new Extent(Ext + (9 << 10), 512));
        var store = new MemoryStore();
        var error = Assert.Throws<BlockReadException>(() => Bench.Backup(Failing(bad), store));
        Assert.True(error.Extent.Contains(bad[0]), $"{error.Extent} does not name {bad[0]}");
        Assert.Contains("--on-bad-sector skip", error.Remedy, StringComparison.Ordinal);
        var resumed = Bench.Backup(Failing(ExtentSet.Empty), store, Bench.BackupRequest with { Resume = true });
        Assert.Equal("complete", resumed.Verdict);
    }

    [Fact]
    public void A_bad_sector_that_nothing_uses_stops_nobody()
    {
        using var image = ImageReader.Open(Bench.TakeImage(disks.GptBytes), Bench.Image);
        var page = image.ReadRegion(0);
        var bad = ExtentSet.From(page.Used.ComplementIn(page.Range).Select(e => new Extent(e.Offset, 512)));
        Assert.False(bad.IsEmpty);
        Assert.Equal("complete", Bench.Backup(Failing(bad), new MemoryStore()).Verdict);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void With_skip_exactly_the_bad_sectors_are_lost(int seed)
    {
        var random = new Random(seed);
        using var whole = ImageReader.Open(Bench.TakeImage(disks.GptBytes), Bench.Image);
        var used = whole.ReadRegion(0).Used;
        var bad = ExtentSet.From(Enumerable.Range(0, 12).Select(_ => new Extent((Ext + random.NextInt64(20 << 20)) / 512 * 512, 512 * random.Next(1, 9)))
            .Append(new Extent(Ext + (3 << 20), 300 << 10)));
        var expected = bad.Intersect(used);
        Assert.False(expected.IsEmpty);

        var store = new MemoryStore();
        var receipt = Bench.Backup(Failing(bad), store, Skip);
        Assert.Equal(("complete with losses", 5), (receipt.Verdict, receipt.ExitCode));
        Assert.Equal(expected, ExtentSet.From(receipt.Unreadable.Select(u => new Extent(u.Offset, u.Length))));
        Assert.All(receipt.Unreadable, u => Assert.Equal(2, u.Partition));

        var target = Bench.RandomDisk(disks.Gpt.Length);
        var restored = Bench.Restore(store, target, Bench.RestoreRequest with { Verify = true });
        Assert.Equal(("complete with losses", 5), (restored.Verdict, restored.ExitCode));
        Assert.Equal(receipt.BytesUnreadable, restored.BytesUnreadable);
        var after = target.ToArray();
        foreach (var good in used.Except(expected))
            Assert.True(after.AsSpan((int)good.Offset, (int)good.Length).SequenceEqual(disks.GptBytes.AsSpan((int)good.Offset, (int)good.Length)));
        foreach (var lost in expected) Assert.False(after.AsSpan((int)lost.Offset, (int)lost.Length).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_clone_loses_the_same_and_no_more()
    {
        var bad = ExtentSet.Of(new Extent(Ext + (9 << 10), 1024));
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var receipt = Bench.Clone(Failing(bad), target, Bench.CloneRequest with { OnBadSector = BadSectorPolicy.Skip, Verify = true });
        Assert.Equal(("complete with losses", 1024L), (receipt.Verdict, receipt.BytesUnreadable));
        Assert.False(target.ToArray().AsSpan((int)bad[0].Offset, 1024).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void The_time_for_bad_sectors_is_bounded_and_good_areas_are_taken_all_the_same()
    {
        var clock = new ManualClock();
        var start = clock.GetTimestamp();
        var bad = ExtentSet.Of(new Extent(Ext + (2 << 20), 4 << 20));
        var store = new MemoryStore();
        var receipt = Bench.Backup(
            Failing(bad, clock), store, Skip with { BadSectorTime = TimeSpan.FromMinutes(10) }, Bench.Resources with { Clock = clock });
        Assert.Equal("complete with losses", receipt.Verdict);
        // First pass: a few failures of 30 s. Second: 10 minutes and the read that exceeds them.
        Assert.InRange(clock.GetElapsedTime(start), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(16));
        var lost = ExtentSet.From(receipt.Unreadable.Select(u => new Extent(u.Offset, u.Length)));
        using var whole = ImageReader.Open(Bench.TakeImage(disks.GptBytes), Bench.Image);
        Assert.True(lost.IsSupersetOf(bad.Intersect(whole.ReadRegion(0).Used)));
        // At most the chunk at either end is lost beyond the bad area itself.
        Assert.True(new Extent(bad[0].Offset - (256 << 10), bad[0].Length + (512 << 10)).Contains(Extent.FromTo(lost[0].Offset, lost[^1].End)));
    }

    [Fact]
    public void A_disk_that_vanishes_ends_the_run_resumable_and_never_as_done_with_losses()
    {
        var source = Failing(ExtentSet.Empty);
        var store = new MemoryStore();
        Bench.Backup(source, new MemoryStore());
        var reads = source.Reads;
        source = Failing(ExtentSet.Empty);
        source.GoneAt = reads - 15;
        var receipts = new Dictionary<string, byte[]>();
        Assert.Throws<DeviceGoneException>(() => Bench.Backup(source, store, Skip, receipts: receipts));
        Assert.Contains("\"exit_code\": 1", System.Text.Encoding.UTF8.GetString(receipts[$"{Bench.Image}.receipt.json"]), StringComparison.Ordinal);
        Assert.Equal("complete", Bench.Backup(Failing(ExtentSet.Empty), store, Bench.BackupRequest with { Resume = true }).Verdict);
    }

    [Theory]
    [InlineData("S1", null, true)]
    [InlineData("S2", null, false)]
    [InlineData("S1", 1024 + 48, false)]
    public void A_disk_that_returns_under_another_name_is_picked_up_again_where_it_is_the_same(string serial, int? changed, bool isSame)
    {
        var source = Failing(ExtentSet.Empty);
        using (var survey = Failing(ExtentSet.Empty))
        {
            MetadataDigest.Of(survey, DiskSurvey.Take(survey).Layout);
            source.GoneAt = survey.Reads + 10; // in the middle of the run
        }
        var content = MemoryDisk.FromBytes(disks.GptBytes);
        // A standby disk behind a bridge of the same make: same serial, same size, an older superblock.
        if (changed is { } offset) content.Write(Ext + offset, [1, 2, 3, 4]);
        var returned = new FailingSource(content, ExtentSet.Empty) { Geometry = new DiskGeometry(512, 512, new DiskIdentity("disk", Serial: serial)) };
        var clock = new ManualClock { SkipsWaits = true };
        var looks = 0;
        using var reopening = new ReopeningSource(source, () => ++looks < 20 ? null : returned, TimeSpan.FromSeconds(60), clock);
        if (isSame)
        {
            Assert.Equal("complete", Bench.Backup(reopening, new MemoryStore()).Verdict);
            Assert.Equal(1, reopening.Returns);
            return;
        }
        var error = Assert.Throws<DeviceGoneException>(() => Bench.Backup(reopening, new MemoryStore()));
        Assert.Contains("not the same disk", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, reopening.Returns);
    }

    private FailingSource Failing(ExtentSet bad, ManualClock? clock = null) => new(MemoryDisk.FromBytes(disks.GptBytes), bad, clock)
    {
        Geometry = new DiskGeometry(512, 512, new DiskIdentity("disk", Serial: "S1")),
    };
}
