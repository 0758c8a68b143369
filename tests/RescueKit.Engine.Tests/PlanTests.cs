using RescueKit.Engine.Transfers;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>What a plan tells is all that will be lost, and all that is odd.</summary>
[Collection("disks")]
public class PlanTests(DiskFixture disks)
{
    private const int Sector = 512;

    [Fact]
    public void A_target_whose_table_is_destroyed_is_lost_as_a_whole()
    {
        var target = MemoryDisk.FromBytes(disks.GptBytes);
        target.Write(Sector, new byte[Sector]); // the primary header
        target.Write(target.Length - Sector, new byte[Sector]); // the backup header
        using var run = Bench.PrepareRestore(Bench.TakeImage(disks.GptBytes), target);
        Assert.Contains(run.Plan.Lost, l => l.Contains("the whole disk", StringComparison.Ordinal) && l.Contains($"{target.Length} bytes", StringComparison.Ordinal));
        Assert.Contains(run.Plan.Warnings, w => w.StartsWith("target as it is now: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_table_that_was_recovered_from_its_backup_is_spoken_of_when_it_is_restored()
    {
        var source = MemoryDisk.FromBytes(disks.GptBytes);
        source.Write(Sector, new byte[Sector]);
        var store = new MemoryStore();
        Bench.Backup(source, store);
        using (var image = ImageReader.Open(store, Bench.Image))
            Assert.Contains(image.Description.Warnings!, w => w.Contains("primary GPT is damaged", StringComparison.Ordinal));
        var target = Bench.RandomDisk(source.Length);
        var receipt = Bench.Restore(store, target);
        Assert.Contains(receipt.Warnings, w => w.StartsWith("In the image: The primary GPT is damaged", StringComparison.Ordinal));
        Assert.Contains(receipt.Warnings, w => w.Contains("made anew on target", StringComparison.Ordinal));
        Assert.Equal(disks.GptBytes.AsSpan(Sector, Sector), target.ToArray().AsSpan(Sector, Sector));
    }

    [Fact]
    public void A_disk_without_oddities_has_no_warnings()
    {
        var store = Bench.TakeImage(disks.GptBytes);
        using var image = ImageReader.Open(store, Bench.Image);
        Assert.Null(image.Description.Warnings);
        Assert.Empty(Bench.Restore(store, Bench.RandomDisk(disks.Gpt.Length)).Warnings);
    }

    [Fact]
    public void What_is_not_recognised_is_called_what_the_table_calls_it()
    {
        var source = MemoryDisk.FromBytes(disks.GptBytes);
        var ext = disks.Gpt.Volumes[1];
        source.Write(ext.Offset, Bench.RandomDisk(1 << 20).ToArray());
        using var run = Bench.PrepareRestore(Bench.TakeImage(source.ToArray()), Bench.RandomDisk(source.Length));
        Assert.Contains(run.Plan.Items, i => i.FileSystem == "unknown" && i.Reason == "Linux partition, content not recognised: taken whole");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_sector_size_of_a_file_without_a_table_is_no_reason_to_refuse(bool isFile, bool refused)
    {
        var ext = disks.Gpt.Volumes[1];
        var volume = disks.GptBytes.AsSpan((int)ext.Offset, (int)ext.Length).ToArray();
        var source = new FailingSource(MemoryDisk.FromBytes(volume), ExtentSet.Empty)
        {
            Geometry = new DiskGeometry(Sector, Sector, new DiskIdentity("file")) { SectorSizeIsGuess = isFile },
        };
        var store = new MemoryStore();
        Bench.Backup(source, store);
        var target = new MemoryDisk(volume.Length, 4096);
        if (refused) Assert.Throws<SafetyException>(() => Bench.Restore(store, target));
        else Assert.Contains(Bench.Restore(store, target).Warnings, w => w.Contains("sectors of 4096 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_clone_says_that_two_disks_will_have_the_same_ids()
    {
        using var run = new CloneRun(
            MemoryDisk.FromBytes(disks.GptBytes), TargetAccess.Existing("target", Bench.RandomDisk(disks.Gpt.Length), Bench.Confirm), Bench.CloneRequest, Bench.Resources);
        Assert.Contains(run.Plan.Warnings, w => w.Contains("same disk id", StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_source_is_named_as_such()
    {
        var error = Assert.Throws<UsageException>(() => Bench.Backup(new MemoryDisk(0), new MemoryStore()));
        Assert.Contains("0 bytes", error.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => Bench.Clone(new MemoryDisk(0), Bench.RandomDisk(1 << 20)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_target_that_cannot_discard_is_said(bool can)
    {
        var target = new MemoryDisk(disks.Gpt.Length) { CanDiscard = can };
        target.Write(0, Bench.RandomDisk(disks.Gpt.Length).ToArray());
        var (discards, discarded) = (0, 0L);
        target.Before = (operation, extent) =>
        {
            if (operation != "discard") return;
            discards++;
            discarded += extent.Length;
        };
        var receipt = Bench.Restore(Bench.TakeImage(disks.GptBytes), target, Bench.RestoreRequest with { Free = FreePolicy.Discard });
        Assert.Equal(can ? 0 : 1, receipt.Warnings.Count(w => w.Contains("cannot discard", StringComparison.Ordinal)));
        if (can) Assert.True(discarded > 10 << 20, $"only {discarded} bytes were discarded");
        else Assert.Equal(1, discards);
    }

    [Fact]
    public void A_discard_that_fails_ends_the_run()
    {
        var target = Bench.RandomDisk(disks.Gpt.Length);
        target.Before = (operation, extent) =>
        {
            if (operation == "discard") throw new BlockWriteException("the fake disk fails", extent);
        };
        Assert.Throws<BlockWriteException>(() => Bench.Restore(Bench.TakeImage(disks.GptBytes), target, Bench.RestoreRequest with { Free = FreePolicy.Discard }));
    }
}
