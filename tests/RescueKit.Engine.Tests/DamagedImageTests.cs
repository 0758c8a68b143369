using System.Buffers.Binary;
using RescueKit.Disks.PartitionTables;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>A damaged or incomplete image is refused, or on request restored as far as it goes, with every lost range told.</summary>
[Collection("disks")]
public class DamagedImageTests(DiskFixture disks)
{
    private const int Chunk = 4096;
    private const byte ChunkFrame = 3, PageFrame = 4;
    private static readonly RestoreRequest Salvage = Bench.RestoreRequest with { OnDamage = DamagePolicy.Skip, Verify = true };

    private MemoryStore Image(BackupRequest? request = null) =>
        Bench.TakeImage(disks.GptBytes, (request ?? Bench.BackupRequest) with { ChunkSize = Chunk });

    [Fact]
    public void Damaged_chunks_end_a_restore_or_become_zeros_that_are_told()
    {
        var store = Image();
        var lost = new ExtentSetBuilder();
        foreach (var (part, offset, number) in Frames(store, ChunkFrame).Where((_, i) => i % 97 == 5))
        {
            store.Parts[part].Span[offset + 32 + 40] ^= 1;
            lost.Add(number * Chunk, Chunk);
        }
        var error = Assert.Throws<ImageDamagedException>(() => Bench.Restore(store, Bench.RandomDisk(disks.Gpt.Length)));
        Assert.Contains("can be neither booted nor mounted", error.Message, StringComparison.Ordinal);
        Assert.Contains("--on-damage skip", error.Remedy, StringComparison.Ordinal);
        MustSalvage(store, lost.ToSet());
    }

    [Fact]
    public void Lost_tables_come_from_the_description()
    {
        var store = Image();
        foreach (var (part, offset, _) in Frames(store, ChunkFrame).Where(f => f.Number < 10)) store.Parts[part].Span[offset + 32 + 40] ^= 1;
        var target = Bench.RandomDisk(disks.Gpt.Length);
        Assert.Equal(0, Bench.Restore(Image(), target).ExitCode);
        var expected = PartitionTableReader.Read(target);
        var salvaged = Bench.RandomDisk(disks.Gpt.Length);
        // They are all that lies in these chunks, so nothing is lost.
        Assert.Equal("complete", Bench.Restore(store, salvaged, Salvage).Verdict);
        Assert.Equal(expected.Partitions.Select(p => p.Extent), PartitionTableReader.Read(salvaged).Partitions.Select(p => p.Extent));
        Assert.Equal(target.ToArray().AsSpan(0, 10 * Chunk), salvaged.ToArray().AsSpan(0, 10 * Chunk));
    }

    [Fact]
    public void An_image_whose_list_of_unreadable_sectors_is_lost_is_refused_and_none_of_that_region_passes_for_good()
    {
        var bad = ExtentSet.Of(new Extent(disks.Gpt.Volumes[1].Offset + (1 << 20), Chunk));
        var store = new MemoryStore();
        var source = new FailingSource(MemoryDisk.FromBytes(disks.GptBytes), bad);
        var request = Bench.BackupRequest with { ChunkSize = Chunk, OnBadSector = BadSectorPolicy.Skip, AllBlocks = true };
        Assert.Equal(5, Bench.Backup(source, store, request).ExitCode);
        Extent region;
        using (var image = ImageReader.Open(store, Bench.Image))
        {
            var page = image.ReadRegion((int)(bad[0].Offset / image.RegionBytes));
            Assert.Equal(bad, page.Unreadable);
            region = page.Range;
        }
        foreach (var (part, offset, number) in Frames(store, PageFrame))
            if (number == region.Offset / region.Length) store.Parts[part].Span[offset + 60] ^= 1;
        using (var image = ImageReader.Open(store, Bench.Image))
        {
            Assert.True(image.IsComplete);
            Assert.True(image.ReadRegion((int)(region.Offset / region.Length)).IsRebuilt);
        }
        var target = Bench.RandomDisk(disks.Gpt.Length);
        target.Before = (operation, _) => Assert.Equal("read", operation);
        var error = Assert.Throws<ImageDamagedException>(() => Bench.Restore(store, target));
        Assert.Equal(3, ExitCodes.Of(error));
        Assert.Contains($"the index of the disk from {region.Offset} to {region.End} is lost", error.Message, StringComparison.Ordinal);
        using (var run = new VerifyRun(ImageReader.Open(store, Bench.Image), new VerifyRequest(Bench.Image), Bench.Resources))
            Assert.Equal(3, run.Execute(null, null, default).ExitCode);
        MustSalvage(store, ExtentSet.Of(region), exactly: true);
    }

    [Fact]
    public void What_an_interrupted_image_holds_can_be_had_when_its_disk_is_gone()
    {
        var store = Image();
        var middle = Frames(store, ChunkFrame).ToList();
        var cut = middle[middle.Count / 2];
        store.Parts[cut.Part].Truncate(cut.Offset);
        var error = Assert.Throws<ImageIncompleteException>(() => Bench.Restore(store, Bench.RandomDisk(disks.Gpt.Length)));
        Assert.Contains("--on-damage skip", error.Remedy, StringComparison.Ordinal);
        using (var run = Bench.PrepareRestore(store, Bench.RandomDisk(disks.Gpt.Length), Salvage))
            Assert.Contains(run.Plan.Warnings, w => w.Contains("does not hold", StringComparison.Ordinal));
        long regionBytes;
        using (var image = ImageReader.Open(store, Bench.Image)) regionBytes = image.RegionBytes;
        var from = cut.Number * Chunk / regionBytes * regionBytes;
        MustSalvage(store, ExtentSet.Of(Extent.FromTo(from, disks.Gpt.Length)));
    }

    [Fact]
    public void A_missing_part_costs_only_what_lies_in_it()
    {
        var store = Image(Bench.BackupRequest with { SplitBytes = 1 << 20 });
        var lost = ExtentSet.From(Frames(store, ChunkFrame).Where(f => f.Part == $"{Bench.Image}.002").Select(f => new Extent(f.Number * Chunk, Chunk))
            .OrderBy(e => e.Offset));
        store.Delete($"{Bench.Image}.002");
        Assert.Throws<ImageDamagedException>(() => Bench.Restore(store, Bench.RandomDisk(disks.Gpt.Length)));
        MustSalvage(store, lost);
    }

    /// <summary>The chunks, and those equal to them: an image stores such once.</summary>
    private static ExtentSet WithEqualOnes(ImageReader whole, ExtentSet chunks)
    {
        var all = Enumerable.Range(0, whole.RegionCount).Select(whole.ReadRegion)
            .SelectMany(page => Enumerable.Range(0, page.ChunkCount).Where(i => page.State(i) == ChunkState.Data).Select(i => (Range: page.ChunkRange(i), Digest: page.Digest(i)))).ToList();
        var digests = all.Where(c => chunks.Overlaps(c.Range)).Select(c => c.Digest).ToHashSet();
        return chunks.Union(ExtentSet.From(all.Where(c => digests.Contains(c.Digest)).Select(c => c.Range)));
    }

    /// <summary>
    /// Restores with losses: those told lie in the chunks of <paramref name="lost"/> and their equals (or are all of it) and read as zeros or as the
    /// source; everything else that is in use is the source's.
    /// </summary>
    private void MustSalvage(MemoryStore store, ExtentSet lost, bool exactly = false)
    {
        var target = Bench.RandomDisk(disks.Gpt.Length);
        var receipt = Bench.Restore(store, target, Salvage);
        Assert.Equal((5, "complete with losses"), (receipt.ExitCode, receipt.Verdict));
        Assert.Contains(receipt.Warnings, w => w.Contains("zeros were written instead", StringComparison.Ordinal));
        var told = ExtentSet.From(receipt.Unreadable.Select(u => new Extent(u.Offset, u.Length)));
        Assert.False(told.IsEmpty);
        if (exactly) Assert.Equal(lost, told);
        var after = target.ToArray();
        var reference = new MemoryStore();
        Bench.Backup(MemoryDisk.FromBytes(disks.GptBytes), reference, Bench.BackupRequest with { ChunkSize = Chunk });
        using var whole = ImageReader.Open(reference, Bench.Image);
        lost = WithEqualOnes(whole, lost);
        Assert.True(lost.IsSupersetOf(told), $"{told.Except(lost)} is told, but not lost");
        for (var i = 0; i < whole.RegionCount; i++)
        {
            foreach (var extent in whole.ReadRegion(i).Used.Except(told))
            {
                Assert.True(after.AsSpan((int)extent.Offset, (int)extent.Length).SequenceEqual(disks.GptBytes.AsSpan((int)extent.Offset, (int)extent.Length)),
                    $"{extent} is not what it was, and that is not told");
            }
        }
        foreach (var extent in told)
        {
            for (var at = (int)extent.Offset; at < extent.End; at++)
                if (after[at] != 0 && after[at] != disks.GptBytes[at]) Assert.Fail($"at {at} there is neither nothing nor what there was");
        }
    }

    /// <summary>Frames of a type (FORMAT.md, "Frames"), and the number in their payload's first bytes: of the chunk, or of the region.</summary>
    private static IEnumerable<(string Part, int Offset, long Number)> Frames(MemoryStore store, byte type)
    {
        foreach (var (name, part) in store.Parts.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var bytes = part.ToArray();
            for (var at = 0; at < bytes.Length - 40;)
            {
                Assert.Equal(0x31464B52u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)));
                if (bytes[at + 4] == type)
                {
                    var payload = bytes.AsSpan(at + 32);
                    yield return (name, at, type == PageFrame ? BinaryPrimitives.ReadInt32LittleEndian(payload) : BinaryPrimitives.ReadInt64LittleEndian(payload));
                }
                at += 32 + BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 8)) + 15 & ~15;
            }
        }
    }
}
