using RescueKit.Disks;
using RescueKit.Engine.Transfers;
using RescueKit.Images;
using RescueKit.Images.Codecs;
using RescueKit.Model;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests;

[Collection("disks")]
public class RoundTripTests(DiskFixture disks)
{
    [Theory]
    [InlineData("gpt", CodecKind.Lz4)]
    [InlineData("mbr", CodecKind.Zstd)]
    [InlineData("mbr", CodecKind.None)]
    public void A_disk_comes_back_onto_random_bytes(string kind, CodecKind codec)
    {
        using var folder = new TempFolder();
        var disk = disks.Disk(kind);
        var before = Bench.Digest(disk.ReadAll());
        var store = Bench.Folder(folder.Folder("images"));
        var receipt = Bench.Backup(Bench.OpenFile(disk.Path), store, Bench.BackupRequest with { Codec = codec });
        Assert.Equal(("complete", 0), (receipt.Verdict, receipt.ExitCode));
        Assert.Equal(receipt.SourceMetadataBefore, receipt.SourceMetadataAfter);

        var target = RealDisk.Random(folder.FullPath, "target", disk.Length, 5);
        var restored = Bench.Restore(store, BlockDevices.OpenTarget(target), Bench.RestoreRequest with { Verify = true });
        Assert.Equal(("complete", 0), (restored.Verdict, restored.ExitCode));
        Assert.Equal(receipt.RootDigest, restored.RootDigest);
        disk.MustEqual(target);
        Assert.Equal(before, Bench.Digest(disk.ReadAll()));
    }

    [Fact]
    public void Boot_code_and_the_gap_before_the_first_partition_survive()
    {
        var target = Bench.RandomDisk(disks.Mbr.Length);
        Bench.Restore(Bench.TakeImage(disks.MbrBytes), target);
        Assert.Equal(disks.MbrBytes.AsSpan(0, 63 * 512), target.ToArray().AsSpan(0, 63 * 512));
    }

    [Theory]
    [InlineData("gpt")]
    [InlineData("mbr")]
    public void A_larger_disk_gets_a_sound_table(string kind)
    {
        using var folder = new TempFolder();
        var store = Bench.TakeImage(disks.Bytes(kind));
        var target = RealDisk.Random(folder.FullPath, "target", disks.Disk(kind).Length + (23 << 20) + 512 * 7, 6);
        Bench.Restore(store, BlockDevices.OpenTarget(target), Bench.RestoreRequest with { Verify = true });
        disks.Disk(kind).MustEqual(target);
    }

    [Fact]
    public void A_target_file_that_does_not_exist_is_made_sparse_and_only_when_the_run_starts()
    {
        using var folder = new TempFolder();
        var path = folder.File("new.img");
        var store = Bench.TakeImage(disks.GptBytes);
        using (var run = new RestoreRun(
            ImageReader.Open(store, Bench.Image), TargetAccess.New(path),
            Bench.RestoreRequest with { Verify = true }, Bench.Resources))
        {
            Assert.Null(run.Plan.ConfirmId);
            Assert.False(File.Exists(path));
            Assert.Equal(0, run.Execute(null, null, default).ExitCode);
        }
        disks.Gpt.MustEqual(path);
        var allocated = long.Parse(Tool.Must("stat", "-c", "%b", path).Output) * 512;
        Assert.InRange(allocated, 1, disks.Gpt.Length / 2);
    }

    [Theory]
    [InlineData("gpt", FreePolicy.Keep)]
    [InlineData("gpt", FreePolicy.Zero)]
    [InlineData("mbr", FreePolicy.Keep)]
    public void Free_blocks_are_kept_or_zeroed_as_asked(string kind, FreePolicy free)
    {
        var bytes = disks.Bytes(kind);
        var store = Bench.TakeImage(bytes);
        var target = Bench.RandomDisk(bytes.Length);
        var before = target.ToArray();
        Bench.Restore(store, target, Bench.RestoreRequest with { Free = free });
        var after = target.ToArray();
        using var image = ImageReader.Open(store, Bench.Image);
        var kept = 0L;
        for (var i = 0; i < image.RegionCount; i++)
        {
            var page = image.ReadRegion(i);
            foreach (var used in page.Used) Assert.True(Same(bytes, after, used.Offset, used.Length), $"{used} differs from the source");
            foreach (var unused in page.Used.ComplementIn(page.Range))
            {
                if (Same(before, after, unused.Offset, unused.Length)) kept += unused.Length;
                else Assert.True(IsZero(after, unused.Offset, unused.Length) || free == FreePolicy.Keep, $"{unused} holds something else");
            }
        }
        if (free == FreePolicy.Keep) Assert.True(kept > 10 << 20, $"only {kept} free bytes were left alone");
        else Assert.Equal(0, kept);
    }

    [Theory]
    [InlineData(FreePolicy.Keep)]
    [InlineData(FreePolicy.Zero)]
    public void Old_volumes_behind_the_end_of_the_source_are_not_found_any_more(FreePolicy free)
    {
        using var folder = new TempFolder();
        const long Start = 61 << 20;
        var target = RealDisk.Random(folder.FullPath, "target", 96 << 20, 9);
        Tool.Must(new ToolRequest("sfdisk", ["--force", target]) { Input = $"label: gpt\nstart={Start / 512}, size=20M\n" });
        var volume = SparseFile.Create(folder.File("volume"), 20 << 20);
        Tool.Must("mke2fs", "-q", "-t", "ext4", "-L", "STALE", volume);
        Tool.Must("dd", $"if={volume}", $"of={target}", "bs=1M", $"seek={Start >> 20}", "conv=notrunc", "status=none");
        Assert.Contains("STALE", Tool.Must("blkid", "-p", "-O", $"{Start}", target).Output, StringComparison.Ordinal);

        Bench.Restore(Bench.TakeImage(disks.GptBytes), BlockDevices.OpenTarget(target), Bench.RestoreRequest with { Free = free });
        Assert.Equal(2, Tool.Run("blkid", "-p", "-O", $"{Start}", target).ExitCode); // nothing recognised
        disks.Gpt.MustEqual(target);
        var after = File.ReadAllBytes(target);
        var tail = after.AsSpan((int)disks.Gpt.Length, (int)(after.Length - disks.Gpt.Length - (1 << 20)));
        Assert.Equal(free == FreePolicy.Zero, !tail.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void What_is_free_behind_the_end_is_discarded_too_and_never_what_is_used()
    {
        var target = Bench.RandomDisk(disks.Gpt.Length + (30 << 20));
        var (discarded, zeroed) = (ExtentSet.Empty, ExtentSet.Empty);
        target.Before = (operation, extent) =>
        {
            if (operation == "discard") discarded = discarded.Union(ExtentSet.Of(extent));
            if (operation == "zero") zeroed = zeroed.Union(ExtentSet.Of(extent));
        };
        var store = Bench.TakeImage(disks.GptBytes);
        Bench.Restore(store, target, Bench.RestoreRequest with { Free = FreePolicy.Discard });
        // Where the old disk could have been recognised (a copy of btrfs's superblock lies at 64 MiB), zeros are better than nothing said.
        var tail = ExtentSet.Of(Extent.FromTo(disks.Gpt.Length, target.Length));
        Assert.Empty(tail.Except(discarded).Except(zeroed));
        Assert.InRange(tail.Intersect(discarded).TotalLength, 28 << 20, 30 << 20);
        using var image = ImageReader.Open(store, Bench.Image);
        Assert.Empty(discarded.Intersect(image.ReadRegion(0).Used));
        // A partition that is larger than what goes into it has a free end, too.
        var partition = MemoryDisk.FromBytes(disks.MbrBytes);
        discarded = ExtentSet.Empty;
        partition.Before = target.Before;
        var (from, onto) = (disks.Gpt.Volumes[0], disks.Mbr.Volumes[1]);
        Bench.Restore(store, partition, Bench.RestoreRequest with { Free = FreePolicy.Discard, Partitions = [new(from.Number, onto.Number)] });
        Assert.True(discarded.Contains(Extent.FromTo(onto.Offset + from.Length, onto.Offset + onto.Length - (1 << 20))));
        Assert.True(new Extent(onto.Offset, onto.Length).Contains(Extent.FromTo(discarded[0].Offset, discarded[^1].End)));
    }

    [Fact]
    public void A_clone_is_the_same_disk()
    {
        using var folder = new TempFolder();
        foreach (var kind in new[] { "gpt", "mbr" })
        {
            var disk = disks.Disk(kind);
            var target = RealDisk.Random(folder.FullPath, kind, disk.Length + (kind == "gpt" ? 5 << 20 : 0), 8);
            var receipt = Bench.Clone(Bench.OpenFile(disk.Path), BlockDevices.OpenTarget(target), Bench.CloneRequest with { Verify = true });
            Assert.Equal("complete", receipt.Verdict);
            Assert.True(receipt.BytesVerified > 0);
            disk.MustEqual(target);
        }
    }

    [Fact]
    public void A_partition_goes_into_another_one()
    {
        using var folder = new TempFolder();
        var store = Bench.TakeImage(disks.GptBytes);
        var target = folder.File("target");
        File.WriteAllBytes(target, disks.MbrBytes);
        var onto = disks.Mbr.Volumes[0];
        Bench.Restore(store, BlockDevices.OpenTarget(target), Bench.RestoreRequest with { Partitions = [new(1, 1)], Verify = true });
        disks.Gpt.MustEqual(target, disks.Gpt.Volumes[0], onto.Offset);
        var after = File.ReadAllBytes(target);
        Assert.True(Same(disks.MbrBytes, after, 0, onto.Offset), "the gap before the partition was touched");
        var end = onto.Offset + onto.Length;
        Assert.True(Same(disks.MbrBytes, after, end, after.Length - end), "something behind the partition was touched");
        // The hidden sectors of a FAT boot sector (offset 28) say where the partition begins.
        Assert.Equal(63, BitConverter.ToInt32(after, (int)onto.Offset + 28));
    }

    [Fact]
    public void Only_chosen_partitions_are_taken_and_the_others_are_left_alone()
    {
        var store = Bench.TakeImage(disks.GptBytes, Bench.BackupRequest with { Partitions = [2] });
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var before = target.ToArray();
        var receipt = Bench.Restore(store, target);
        Assert.Contains(receipt.Warnings, w => w.Contains("Partition 1 is not part", StringComparison.Ordinal));
        Assert.Equal(("complete with losses", 5), (receipt.Verdict, receipt.ExitCode));
        Assert.Equal(["Partition 1 is not part of the image.", "Partition 3 is not part of the image."], receipt.Skipped);
        var (left, taken) = (disks.Gpt.Volumes[0], disks.Gpt.Volumes[1]);
        Assert.True(Same(before, target.ToArray(), left.Offset, left.Length), "a partition that is not in the image was touched");
        using var folder = new TempFolder();
        var path = folder.File("target");
        File.WriteAllBytes(path, target.ToArray());
        disks.Gpt.MustEqual(path, taken, taken.Offset);
    }

    private static bool Same(byte[] a, byte[] b, long offset, long length) =>
        a.AsSpan((int)offset, (int)length).SequenceEqual(b.AsSpan((int)offset, (int)length));

    private static bool IsZero(byte[] bytes, long offset, long length) => !bytes.AsSpan((int)offset, (int)length).ContainsAnyExcept((byte)0);
}
