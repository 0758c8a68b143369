using System.Buffers.Binary;
using RescueKit.FileSystems.Xfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Xfs;

/// <summary>Damaged structures of aged volumes: in process by the hundred thousand, and a sample against xfs_repair.</summary>
public sealed class XfsMutationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>Whatever is damaged, the files are where they were: a map that is given all the same covers them.</summary>
    [Theory]
    [InlineData("xfs-v4-aged.img.gz", 50_000, 1)]
    [InlineData("xfs-v5-aged.img.gz", 50_000, 2)]
    public void Damaged_structures_never_break_the_reader_or_lose_a_used_block(string fixture, int cases, int seed)
    {
        var image = Fixture.Open(fixture);
        var whole = new Extent(0, image.Length);
        var used = new XfsReader().Read(image, new AllocationOptions())!.Map!.UsedIn(whole);
        var structures = Structures(image);
        var outcome = MutationFuzz.Run(new XfsReader(), image, [.. structures.Select(found => found.Place)], TestScale.OfMany(cases), seed,
            repair: (overlay, random) => RepairChecksums(overlay, structures, random),
            check: (_, content) => AssertCovers(content, used, whole));
        Assert.True(outcome is { Whole: > 1000, Mapped: > 100 }, $"{outcome}");
    }

    [Theory]
    [InlineData("xfs-v4-aged.img.gz", 11)]
    [InlineData("xfs-v5-aged.img.gz", 12)]
    public void What_xfs_repair_finds_wrong_in_free_space_is_taken_whole(string fixture, int seed)
    {
        var image = Fixture.Open(fixture);
        var path = _folder.File("image");
        File.WriteAllBytes(path, image.ToArray());
        var structures = Structures(image);
        var random = new Random(seed);
        var mutator = new Mutator(image, [.. structures.Select(found => found.Place)], random);
        var contradictions = new Contradictions();
        int refused = 0, sound = 0;
        for (var i = 0; i < TestScale.Of(50); i++)
        {
            var overlay = new OverlaySource(image);
            var what = $"seed {seed}, case {i}: {mutator.Mutate(overlay)}";
            RepairChecksums(overlay, structures, random);
            var copy = SparseFile.Copy(path, _folder.File("mutated"));
            overlay.ApplyTo(copy);
            var content = new XfsReader().Read(overlay, new AllocationOptions());
            if (XfsImages.Complaint(copy) is not { } complaint)
            {
                sound++;
                continue;
            }
            refused++;
            if (content?.Map is not null) contradictions.Add($"{what}: xfs_repair finds it damaged, but there is a map\n{complaint}");
        }
        contradictions.AssertNone();
        Assert.True(refused > 0 && sound > 0, $"{refused} refused, {sound} sound");
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertCovers(VolumeContent content, ExtentSet used, Extent whole)
    {
        if (content.Map is not { } map) return;
        var missing = used.Except(map.UsedIn(whole));
        Assert.True(missing.IsEmpty, $"used blocks are missing: {missing}");
    }

    private readonly record struct Structure(Extent Place, Extent Checked, int ChecksumAt);

    /// <summary>Superblock, headers, trees of free space and inodes, and the log's last record; each with what its checksum covers.</summary>
    private static List<Structure> Structures(MemoryDisk image)
    {
        var bytes = new byte[XfsSuperblock.Size];
        image.Read(0, bytes);
        var superblock = XfsSuperblock.Parse(bytes);
        var sector = superblock.SectorSize;
        var found = new List<Structure> { new(new Extent(0, 0x110), new Extent(0, sector), 0xE0) };
        for (var number = 0u; number < superblock.GroupCount; number++)
        {
            var start = superblock.OffsetOf(number, 0);
            found.Add(new Structure(new Extent(start + sector, 0xE0), new Extent(start + sector, sector), 216));
            found.Add(new Structure(new Extent(start + 2 * sector, 0x28), new Extent(start + 2 * sector, sector), 0x138));
            if (superblock.HasChecksums) found.Add(new Structure(new Extent(start + 2 * sector + 0x128, 0x30), new Extent(start + 2 * sector, sector), 0x138));
            found.Add(new Structure(new Extent(start + 3 * sector, 64), new Extent(start + 3 * sector, sector), 32));
            var group = XfsGroup.Read(image, superblock, number);
            var blocks = new List<uint>();
            foreach (var (kind, tree) in new[] { (XfsTreeKind.FreeByPlace, group.ByPlace), (XfsTreeKind.FreeBySize, group.BySize), (XfsTreeKind.Inodes, group.Inodes) })
                foreach (var _ in new XfsTree(image, superblock, kind, number, tree.Root, tree.Levels).Leaves(blocks)) { }
            foreach (var block in blocks)
            {
                var place = new Extent(superblock.OffsetOf(number, block), superblock.BlockSize);
                found.Add(new Structure(new Extent(place.Offset, 64), place, 52));
                found.Add(new Structure(place, place, 52));
            }
        }
        var (logGroup, logBlock) = superblock.PlaceOf(superblock.LogStart);
        found.Add(new Structure(new Extent(superblock.OffsetOf(logGroup, logBlock), 1024), default, 0));
        return found;
    }

    /// <summary>Half of the time makes the checksums match the damage, so that it is met deeper inside.</summary>
    private static void RepairChecksums(OverlaySource overlay, List<Structure> structures, Random random)
    {
        var version = new byte[2];
        overlay.Read(0x64, version);
        if ((version[1] & 0xF) != 5 || random.Next(2) == 0) return;
        foreach (var (_, place, checksumAt) in structures.DistinctBy(found => found.Checked))
        {
            if (place.IsEmpty) continue;
            var bytes = new byte[place.Length];
            overlay.Read(place.Offset, bytes);
            var checksum = XfsChecksum.Of(bytes, checksumAt);
            if (checksum == XfsChecksum.Stored(bytes, checksumAt)) continue;
            var stored = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(stored, checksum);
            overlay.Patch(place.Offset + checksumAt, stored);
        }
    }
}
