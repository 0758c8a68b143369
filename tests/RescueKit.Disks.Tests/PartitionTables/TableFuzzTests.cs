using System.Buffers.Binary;
using RescueKit.Disks.PartitionTables;
using RescueKit.Disks.PartitionTables.Gpt;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>
/// Tables damaged field by field. In process: no exception, no runaway, well-formed layouts. On a sample sfdisk and sgdisk are the
/// oracles: a partition that one of them reads is either one of ours, or no partition of ours touches it, so that its bytes are imaged whole.
/// </summary>
public sealed class TableFuzzTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mbr", 512, 60_000)]
    [InlineData("gpt", 512, 20_000)]
    [InlineData("hybrid", 512, 10_000)]
    [InlineData("gpt4096", 4096, 15_000)]
    public void Damaged_tables_give_well_formed_layouts(string kind, int sectorSize, int cases)
    {
        var disk = TableDisks.Load(Make(kind), sectorSize);
        var random = new Random(7);
        var mutator = new Mutator(disk, Metadata(disk), random);
        var kinds = new Dictionary<PartitionTableKind, int>();
        for (var number = 0; number < TestScale.Of(cases); number++)
        {
            var overlay = new OverlaySource(disk) { ReadLimit = 2000, ReadBytesLimit = 32 << 20 };
            var what = mutator.Mutate(overlay);
            if (random.Next(4) != 0) RepairChecksums(overlay, sectorSize);
            try
            {
                var layout = PartitionTableReader.Read(overlay);
                LayoutAssert.WellFormed(layout, disk.Length);
                kinds[layout.Kind] = kinds.GetValueOrDefault(layout.Kind) + 1;
                if (number % 16 == 0) CheckRelocation(overlay, layout, disk.Length + random.NextInt64(-disk.Length, disk.Length * 4), number % 32 == 0);
                if (number % 8 == 1) CheckRelocation(overlay, layout, disk.Length, number % 16 == 1);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"case {number}: {what}", error);
            }
        }
        Assert.True(kinds.Values.Max() < TestScale.Of(cases), "the damage never got through to what decides");
    }

    [Theory]
    [InlineData("mbr")]
    [InlineData("gpt")]
    [InlineData("hybrid")]
    public void What_sfdisk_and_sgdisk_read_is_never_called_free(string kind)
    {
        var path = Make(kind);
        var disk = TableDisks.Load(path);
        var metadata = Metadata(disk);
        var random = new Random(11);
        var mutator = new Mutator(disk, metadata, random);
        var contradictions = new Contradictions();
        int agreed = 0, dropped = 0;
        for (var number = 0; number < TestScale.Of(250); number++)
        {
            var overlay = new OverlaySource(disk);
            var what = mutator.Mutate(overlay);
            if (random.Next(4) != 0) RepairChecksums(overlay, 512);
            using (var file = BlockDevices.OpenTarget(path))
            {
                foreach (var area in metadata)
                {
                    var bytes = new byte[area.Length];
                    overlay.Read(area.Offset, bytes);
                    file.Write(area.Offset, bytes);
                }
            }
            using var source = BlockDevices.OpenSource(path);
            var ours = PartitionTableReader.Read(source).Partitions;
            var read = SfdiskDump.Read(path).WithoutContainers.Where(p => p.Type != "0xee").Select(p => (Tool: "sfdisk", p.Extent));
            if (kind != "mbr") read = read.Concat(SgdiskDump.Read(path).Select(extent => (Tool: "sgdisk", Extent: extent)));
            foreach (var (tool, theirs) in read.Where(p => p.Extent.Length > 0 && p.Extent.End <= disk.Length))
            {
                if (ours.Any(p => p.Extent == theirs)) agreed++;
                else if (!ours.Any(p => p.Extent.Overlaps(theirs))) dropped++;
                else contradictions.Add($"case {number} ({what}): {tool} reads {theirs}, ours are {string.Join(", ", ours)}");
            }
        }
        contradictions.AssertNone();
        Assert.True(agreed > 100 && dropped > 0, $"{agreed} agreed, {dropped} dropped: the damage is too strong or too weak");
    }

    /// <summary>Nothing is written outside the new disk, or onto what an entry names, partition or not; on a disk of the same size the table stays what it is.</summary>
    private static void CheckRelocation(OverlaySource disk, DiskLayout layout, long newLength, bool withIds)
    {
        var ids = withIds ? TableIds.Another(layout) : null;
        IReadOnlyList<BlockPatch> patches;
        try
        {
            patches = GptRelocation.Patches(disk, layout, newLength, ids);
        }
        catch (SafetyException) when (newLength != disk.Length)
        {
            return; // too short for its partitions
        }
        var inUse = layout.Kind == PartitionTableKind.Gpt ? InUseOutsideTables(disk, layout) : ExtentSet.Empty;
        var copy = new OverlaySource(disk);
        foreach (var patch in patches)
        {
            Assert.True(patch.Extent.End <= newLength, $"a patch at {patch.Extent} of a disk of {newLength}");
            Assert.DoesNotContain(layout.Partitions, partition => partition.Extent.Overlaps(patch.Extent));
            // A hybrid or missing MBR aside, whose sector no partition may have.
            if (patch.Offset > 0) Assert.False(inUse.Overlaps(patch.Extent), $"a patch at {patch.Extent}, where an entry has bytes of the disk: {inUse}");
            if (newLength == disk.Length) copy.Patch(patch.Offset, patch.Bytes.Span);
        }
        if (newLength != disk.Length) return;
        var now = PartitionTableReader.Read(copy);
        Assert.Equal(
            layout.Partitions.Select(p => p with { Id = ids is null || p.Id is null || layout.Kind != PartitionTableKind.Gpt ? p.Id : ids.Partitions[p.Number] }), now.Partitions);
        if (layout.Kind == PartitionTableKind.Gpt) Assert.Equal(ids?.Disk ?? layout.DiskId, now.DiskId);
    }

    private static ExtentSet InUseOutsideTables(OverlaySource disk, DiskLayout layout)
    {
        var table = GptTable.Read(new SectorReader(disk), layout.SectorSize);
        var inUse = ExtentSet.From(table.Best!.InUse(layout.SectorSize).Where(entry => entry.Length > 0 && entry.Start < disk.Length)
            .Select(entry => Extent.FromTo(entry.Start, Math.Min(entry.End, disk.Length))));
        foreach (var good in new[] { table.Primary, table.Backup })
        {
            if (good is not null) inUse = inUse.Except(good.Place(layout.SectorSize).Area(layout.SectorSize));
        }
        return inUse;
    }

    private string Make(string kind)
    {
        var path = _folder.File("disk");
        return kind switch
        {
            "mbr" => TableDisks.Mbr(path),
            "gpt" => TableDisks.Gpt(path),
            "hybrid" => TableDisks.Hybrid(path),
            _ => TableDisks.Gpt4096(path),
        };
    }

    /// <summary>MBR, EBRs, both headers, the used entries of both arrays.</summary>
    private static List<Extent> Metadata(MemoryDisk disk)
    {
        var layout = PartitionTableReader.Read(disk);
        var areas = new List<Extent>();
        foreach (var area in layout.TableAreas)
        {
            if (layout.Kind == PartitionTableKind.Mbr) areas.Add(new Extent(area.Offset + 440, 72));
        }
        if (layout.Kind != PartitionTableKind.Gpt) return areas;
        var sector = layout.SectorSize;
        var last = disk.Length - sector;
        areas.AddRange([new Extent(440, 72), new Extent(sector, 92), new Extent(last, 92), new Extent(2 * sector, 640), new Extent(last - 16384, 640)]);
        return areas;
    }

    /// <summary>Makes the checksums of both copies fit again, so that damage gets past them.</summary>
    private static void RepairChecksums(OverlaySource overlay, int sectorSize)
    {
        foreach (var position in (ReadOnlySpan<long>)[sectorSize, overlay.Length - sectorSize])
        {
            var header = new byte[sectorSize];
            overlay.Read(position, header);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12));
            var array = (long)BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(80)) * BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(84));
            var lba = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(72));
            if (size < 92 || size > sectorSize || array is < 0 or > 1 << 20 || lba < 0 || lba > (overlay.Length - array) / sectorSize) continue;
            var entries = new byte[array];
            overlay.Read(lba * sectorSize, entries);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(88), Crc32.Of(entries));
            header.AsSpan(16, 4).Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32.Of(header.AsSpan(0, (int)size)));
            overlay.Patch(position, header);
        }
    }
}
