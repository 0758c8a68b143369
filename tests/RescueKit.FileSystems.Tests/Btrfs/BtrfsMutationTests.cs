using System.Buffers.Binary;
using RescueKit.FileSystems.Btrfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Btrfs;

/// <summary>Damaged structures of an aged volume: in process by the hundred thousand, and a sample against btrfs check.</summary>
public sealed class BtrfsMutationTests : IDisposable
{
    private const string Aged = "btrfs-aged.img.gz";
    private readonly TempFolder _folder = new();
    private readonly MemoryDisk _image = Fixture.Open(Aged);

    private Extent Whole => new(0, _image.Length);

    [Fact]
    public void An_aged_volume_is_mapped_as_btrfs_lists_it()
    {
        var path = _folder.File("aged");
        File.WriteAllBytes(path, _image.ToArray());
        Assert.Null(BtrfsImages.Complaint(path));
        var content = new BtrfsReader().Read(_image, new AllocationOptions())!;
        Assert.True(content.Map is not null, content.WholeReason);
        Assert.Equal(BtrfsImages.Used(path), content.Map.UsedIn(Whole));
    }

    /// <summary>Whatever is damaged, the files are where they were: a map that is given all the same covers them.</summary>
    [Fact]
    public void Damaged_structures_never_break_the_reader_or_lose_a_used_block()
    {
        var used = new BtrfsReader().Read(_image, new AllocationOptions())!.Map!.UsedIn(Whole);
        var structures = Structures();
        var outcome = MutationFuzz.Run(new BtrfsReader(), _image, structures, TestScale.OfMany(100_000), seed: 3,
            repair: (overlay, random) => RepairChecksums(overlay, structures, random),
            check: (_, content) =>
            {
                if (content.Map is not { } map) return;
                var missing = used.Except(map.UsedIn(Whole));
                Assert.True(missing.IsEmpty, $"used blocks are missing: {missing}");
            });
        Assert.True(outcome is { Whole: > 1000, Mapped: > 100 }, $"{outcome}");
    }

    [Fact]
    public void What_btrfs_check_finds_wrong_is_taken_whole()
    {
        var path = _folder.File("image");
        File.WriteAllBytes(path, _image.ToArray());
        var structures = Structures();
        var random = new Random(13);
        var mutator = new Mutator(_image, structures, random);
        var contradictions = new Contradictions();
        int refused = 0, sound = 0;
        for (var i = 0; i < TestScale.Of(50); i++)
        {
            var overlay = new OverlaySource(_image);
            var what = $"case {i}: {mutator.Mutate(overlay)}";
            RepairChecksums(overlay, structures, random);
            var copy = SparseFile.Copy(path, _folder.File("mutated"));
            overlay.ApplyTo(copy);
            var content = new BtrfsReader().Read(overlay, new AllocationOptions());
            if (BtrfsImages.Complaint(copy) is not { } complaint)
            {
                sound++;
                continue;
            }
            refused++;
            if (content?.Map is not null && !IsAboutReferencesAlone(complaint)) contradictions.Add($"{what}: btrfs check finds it damaged, but there is a map\n{complaint}");
        }
        contradictions.AssertNone();
        Assert.True(refused > 0 && sound > 0, $"{refused} refused, {sound} sound");
    }

    [Theory]
    [InlineData(0x60, 0x400000UL, "log of fsyncs", true)]
    [InlineData(0x38, 0x5UL, "an error is recorded", true)]
    [InlineData(0x38, 0x1000000001UL, "changing-fsid", false)]
    [InlineData(0xBC, 0x1365UL, "zoned", false)]
    [InlineData(0xB4, 0x13UL, "(bit 0x10)", false)]
    public void State_and_unknown_features_leave_it_whole(int at, ulong value, string reason, bool hasUncleanMap)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        var overlay = new OverlaySource(_image);
        overlay.Patch(BtrfsSuperblock.Offset + at, bytes);
        Repair(overlay, new Extent(BtrfsSuperblock.Offset, BtrfsSuperblock.Size));
        var content = new BtrfsReader().Read(overlay, new AllocationOptions())!;
        Assert.Null(content.Map);
        Assert.Contains(reason, content.WholeReason, StringComparison.Ordinal);
        Assert.Equal(hasUncleanMap, content.Unclean);
        Assert.Equal(hasUncleanMap, content.UncleanMap is not null);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Who uses an extent in use is nothing that a map tells of.</summary>
    private static bool IsAboutReferencesAlone(string complaint) => complaint.Split('\n').Where(line => ErrorWords.Any(line.Contains)).All(line => ReferenceWords.Any(line.Contains));

    private static readonly string[] ErrorWords = ["mismatch", "ERROR", "corrupt", "bad ", "invalid", "wanted", "missing", "no free space", "orphan"];

    private static readonly string[] ReferenceWords =
        ["referencer count mismatch", "backpointer mismatch", "ref mismatch on", "incorrect global backref count", "corrupt extent record", "has bad backref level", "errors found in extent allocation tree"];

    /// <summary>Superblock, and every block of the trees of roots, chunks, devices and extents.</summary>
    private List<Extent> Structures()
    {
        var bytes = new byte[BtrfsSuperblock.Size];
        _image.Read(BtrfsSuperblock.Offset, bytes);
        var superblock = BtrfsSuperblock.Parse(bytes);
        var volume = new BtrfsVolume(_image, superblock);
        ulong[] wanted = [BtrfsTreeId.Roots, BtrfsTreeId.Extents, BtrfsTreeId.Chunks, BtrfsTreeId.Devices];
        var found = new List<Extent> { new(BtrfsSuperblock.Offset, 0x400), new(BtrfsSuperblock.Offset, BtrfsSuperblock.Size) };
        var block = new byte[superblock.NodeSize];
        foreach (var item in volume.Extents.All())
        {
            if (item.Key.Type != BtrfsItemType.Metadata || volume.Chunks.At(item.Key.Id) is not { } chunk) continue;
            var (stripe, place) = chunk.StripesOn(superblock.DeviceId).First();
            var offset = place.Offset + chunk.PieceOf(stripe, (long)item.Key.Id, (long)item.Key.Id + block.Length).From;
            _image.Read(offset, block);
            if (wanted.Contains(BinaryPrimitives.ReadUInt64LittleEndian(block.AsSpan(0x58)))) found.Add(new Extent(offset, block.Length));
        }
        return found;
    }

    /// <summary>Half of the time makes the checksums match the damage, so that it is met deeper inside.</summary>
    private static void RepairChecksums(OverlaySource overlay, List<Extent> structures, Random random)
    {
        if (random.Next(2) == 0) return;
        foreach (var place in structures) Repair(overlay, place.Offset == BtrfsSuperblock.Offset ? new Extent(place.Offset, BtrfsSuperblock.Size) : place);
    }

    private static void Repair(OverlaySource overlay, Extent place)
    {
        var bytes = new byte[place.Length];
        overlay.Read(place.Offset, bytes);
        if (BtrfsChecksum.Matches(0, bytes)) return;
        var stored = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(stored, ~Crc32C.Update(~0u, bytes.AsSpan(BtrfsChecksum.Bytes)));
        overlay.Patch(place.Offset, stored);
    }
}
