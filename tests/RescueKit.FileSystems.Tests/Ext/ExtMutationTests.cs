using System.Buffers.Binary;
using RescueKit.FileSystems.Ext;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ext;

/// <summary>Damaged structures: in process by the hundred thousand, and a sample against dumpe2fs and e2fsck.</summary>
public sealed class ExtMutationTests : IDisposable
{
    private const long Mebi = 1 << 20;
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("-t ext2 -b 1024", 30_000, 1)]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum -J size=1", 30_000, 2)]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,uninit_bg -J size=1", 15_000, 3)]
    [InlineData("-t ext4 -b 1024 -O bigalloc -C 4096 -J size=4", 15_000, 4)]
    [InlineData("-t ext4 -b 1024 -O meta_bg,^resize_inode,^has_journal,^metadata_csum", 15_000, 5)]
    public void Damaged_structures_never_break_the_reader(string arguments, int cases, int seed)
    {
        var path = Make(arguments);
        var image = Load(path);
        var superblock = Superblock(image);
        var outcome = MutationFuzz.Run(new ExtReader(), image, Structures(image, superblock), TestScale.Of(cases), seed,
            repair: (overlay, random) => RepairChecksums(overlay, superblock, random));
        Assert.True(outcome is { Whole: > 100, Mapped: > 100 }, $"{outcome}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Damaged_journals_never_break_the_reader(int checksums)
    {
        var path = Make($"-t ext4 -b 1024 -J size=1{(checksums == 0 ? " -O ^metadata_csum" : "")}");
        var after = SparseFile.Copy(path, _folder.File("after"));
        var file = _folder.File("content");
        File.WriteAllBytes(file, Corpus.Content(new Random(2), 20_000));
        ExtImages.Debugfs(after, [$"write \"{file}\" a", $"write \"{file}\" b"]);
        ExtJournals.AddTransaction(path, after, ExtJournals.Differences(path, after, 1024), 1024, checksums);
        var image = Load(path);
        var structures = Enumerable.Range(0, 8)
            .Select(block => new Extent(long.Parse(Tool.Must("debugfs", "-R", $"bmap <8> {block}", path).Output) * 1024, 256)).ToList();
        var outcome = MutationFuzz.Run(new ExtReader(), image, structures, TestScale.Of(3000), 6);
        Assert.True(outcome is { Whole: > 100, Mapped: > 100 }, $"{outcome}");
    }

    /// <summary>
    /// dumpe2fs reads what the bitmaps say, e2fsck what the inodes say. What either refuses is whole; where there is a map, it holds whatever
    /// either calls used. One thing no reader of bitmaps can see: a bitmap without a checksum in which as many bits were set as cleared.
    /// </summary>
    [Theory]
    [InlineData("-t ext2 -b 1024", 11)]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum -J size=1", 12)]
    [InlineData("-t ext4 -b 1024 -J size=1", 13)]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,uninit_bg -J size=1", 14)]
    [InlineData("-t ext4 -b 1024 -O bigalloc -C 4096 -J size=4", 15)]
    [InlineData("-t ext4 -b 1024 -O meta_bg,^resize_inode,^has_journal,^metadata_csum", 16)]
    public void What_the_real_tools_refuse_is_taken_whole_and_what_they_read_is_covered(string arguments, int seed)
    {
        var path = Make(arguments);
        var image = Load(path);
        var superblock = Superblock(image);
        var bitmaps = Bitmaps(image, superblock);
        var random = new Random(seed);
        var mutator = new Mutator(image, Structures(image, superblock), random);
        var whole = new Extent(0, image.Length);
        var contradictions = new Contradictions();
        int refused = 0, compared = 0;
        for (var i = 0; i < TestScale.Of(50); i++)
        {
            var overlay = new OverlaySource(image);
            var what = $"seed {seed}, case {i}: {mutator.Mutate(overlay)}";
            RepairChecksums(overlay, superblock, random);
            var copy = SparseFile.Copy(path, _folder.File("mutated"));
            overlay.ApplyTo(copy);
            var content = new ExtReader().Read(overlay, new AllocationOptions());
            var summary = ExtImages.Summary(copy);
            var verdict = E2fsckVerdict.Of(copy, superblock.BlockSize, superblock.ClusterRatio);
            if (summary is null || verdict.Rejects)
            {
                refused++;
                if (content?.Map is not null) contradictions.Add($"{what}: {(summary is null ? "dumpe2fs" : "e2fsck")} refuses it, but there is a map\n{verdict.Everything}");
                continue;
            }
            if (content?.Map is not { } map) continue;
            compared++;
            var used = map.UsedIn(whole);
            if (!used.IsSupersetOf(summary.Free.ComplementIn(whole))) contradictions.Add($"{what}: blocks that the bitmaps call used are missing");
            var missing = verdict.Unmarked.Except(used);
            if (!missing.IsEmpty && !LiesUnseen(overlay, image, bitmaps, superblock, missing))
                contradictions.Add($"{what}: blocks in use by files are missing: {missing}\n{verdict.Everything}");
        }
        contradictions.AssertNone();
        Assert.True(refused > 0 && compared > 0, $"{refused} refused, {compared} compared");
    }

    /// <summary>The limit that <see cref="ExtReader"/> states: without checksums a bitmap may lie about files, as long as all its counts are right.</summary>
    [Theory]
    [InlineData("-t ext2 -b 1024", true)]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum,uninit_bg -J size=1", true)]
    [InlineData("-t ext4 -b 1024 -J size=1", false)]
    public void A_bitmap_that_lies_with_right_counts_is_seen_through_by_its_checksum_alone(string arguments, bool believed)
    {
        var path = Make(arguments);
        var image = Load(path);
        var superblock = Superblock(image);
        var layout = new ExtLayout(superblock);
        var block = long.Parse(Tool.Must("debugfs", "-R", $"bmap <{ExtImages.FirstFile(path).Inode}> 0", path).Output);
        var group = layout.GroupOf(block);
        var bits = new byte[layout.BitmapBytes];
        image.Read(Bitmaps(image, superblock)[(int)group].Offset, bits);
        var inGroup = (int)(block - layout.FirstBlockOf(group));
        var free = GroupBits.Next(bits, 0, layout.ClustersIn(group), false);
        bits[inGroup / 8] &= (byte)~(1 << inGroup % 8);
        bits[free / 8] |= (byte)(1 << free % 8);
        image.Write(Bitmaps(image, superblock)[(int)group].Offset, bits);
        var copy = _folder.File("lying");
        File.WriteAllBytes(copy, image.ToArray());
        var lost = E2fsckVerdict.Of(copy, superblock.BlockSize, 1);
        Assert.Equal(ExtentSet.Of(new Extent(block * 1024, 1024)), lost.Unmarked);
        var content = new ExtReader().Read(image, new AllocationOptions())!;
        Assert.Equal(believed, content.Map is not null);
    }

    public void Dispose() => _folder.Dispose();

    private string Make(string arguments) =>
        ExtImages.Make(_folder.File("image"), 20 * Mebi, arguments.Split(' '), seed: 4, contentBytes: Mebi, agingSteps: 20);

    private static MemoryDisk Load(string path)
    {
        using var file = new FileSource(path);
        var disk = new MemoryDisk(file.Length);
        var buffer = new byte[64 << 10];
        for (var at = 0L; at < file.Length; at += buffer.Length)
        {
            file.Read(at, buffer);
            if (buffer.AsSpan().ContainsAnyExcept((byte)0)) disk.Write(at, buffer);
        }
        return disk;
    }

    private static ExtSuperblock Superblock(MemoryDisk image)
    {
        var bytes = new byte[ExtSuperblock.Size];
        image.Read(ExtSuperblock.Offset, bytes);
        return ExtSuperblock.Parse(bytes);
    }

    /// <summary>The block bitmap of each group.</summary>
    private static List<Extent> Bitmaps(MemoryDisk image, ExtSuperblock superblock)
    {
        var layout = new ExtLayout(superblock);
        var descriptors = new ExtGroupDescriptor[layout.GroupCount];
        new ExtGroupTable(image, layout).Read(0, descriptors);
        return [.. descriptors.Select(descriptor => new Extent(descriptor.BlockBitmap * layout.BlockSize, layout.BitmapBytes))];
    }

    /// <summary>Whether the damage is of the kind that cannot be seen: in bitmaps without checksums, of just the groups that lack something.</summary>
    private static bool LiesUnseen(OverlaySource damaged, MemoryDisk image, List<Extent> bitmaps, ExtSuperblock good, ExtentSet missing)
    {
        if (good.Has(ExtFeatures.ReadOnlyCompatible.MetadataChecksum)) return false;
        var layout = new ExtLayout(good);
        return missing.All(extent =>
        {
            var bitmap = bitmaps[(int)layout.GroupOf(extent.Offset / layout.BlockSize)];
            byte[] before = new byte[bitmap.Length], after = new byte[bitmap.Length];
            image.Read(bitmap.Offset, before);
            damaged.Read(bitmap.Offset, after);
            return !before.AsSpan().SequenceEqual(after) && GroupBits.CountSet(before, before.Length * 8) == GroupBits.CountSet(after, after.Length * 8);
        });
    }

    /// <summary>Superblock, descriptors, bitmaps, the journal's inode and its superblock.</summary>
    private static List<Extent> Structures(MemoryDisk image, ExtSuperblock superblock)
    {
        var layout = new ExtLayout(superblock);
        var descriptors = new ExtGroupDescriptor[layout.GroupCount];
        new ExtGroupTable(image, layout).Read(0, descriptors);
        var found = new List<Extent> { new(ExtSuperblock.Offset, 0x180), new(ExtSuperblock.Offset, 0x68) };
        for (var group = 0; group < descriptors.Length; group++)
        {
            var block = layout.DescriptorBlock(group / superblock.DescriptorsPerBlock);
            found.Add(new Extent(block * layout.BlockSize + group % superblock.DescriptorsPerBlock * superblock.DescriptorSize, superblock.DescriptorSize));
            found.Add(new Extent(descriptors[group].BlockBitmap * layout.BlockSize, layout.BitmapBytes));
        }
        if (superblock.JournalInode != 0)
        {
            var inode = FileSystems.Ext.Journal.ExtJournalInode.Read(image, layout);
            found.Add(new Extent(descriptors[0].InodeTable * layout.BlockSize + (superblock.JournalInode - 1) * superblock.InodeSize, 128));
            found.Add(new Extent(inode.Runs[0].First * layout.BlockSize, 0x60));
        }
        return found;
    }

    /// <summary>Half of the time makes the superblock's and the descriptors' checksums match the damage, so that it is met deeper inside.</summary>
    private static void RepairChecksums(OverlaySource overlay, ExtSuperblock good, Random random)
    {
        if (!good.Has(ExtFeatures.ReadOnlyCompatible.MetadataChecksum) || random.Next(2) == 0) return;
        var bytes = new byte[ExtSuperblock.Size];
        overlay.Read(ExtSuperblock.Offset, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(0x3FC), Crc32C.Update(~0u, bytes.AsSpan(0, 0x3FC)));
        overlay.Patch(ExtSuperblock.Offset, bytes);
        var layout = new ExtLayout(good);
        var descriptor = new byte[good.DescriptorSize];
        for (var group = 0L; group < layout.GroupCount; group++)
        {
            var at = layout.DescriptorBlock(group / good.DescriptorsPerBlock) * layout.BlockSize + group % good.DescriptorsPerBlock * good.DescriptorSize;
            overlay.Read(at, descriptor);
            descriptor.AsSpan(0x1E, 2).Clear();
            var number = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(number, (uint)group);
            var crc = Crc32C.Update(Crc32C.Update(good.ChecksumSeed, number), descriptor);
            BinaryPrimitives.WriteUInt16LittleEndian(descriptor.AsSpan(0x1E), (ushort)crc);
            overlay.Patch(at, descriptor);
        }
    }
}
