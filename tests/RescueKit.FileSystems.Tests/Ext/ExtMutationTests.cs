using System.Buffers.Binary;
using RescueKit.FileSystems.Ext;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ext;

/// <summary>Damaged structures: in process by the hundred thousand, and a sample against dumpe2fs.</summary>
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

    [Theory]
    [InlineData("-t ext2 -b 1024", 11)]
    [InlineData("-t ext4 -b 1024 -O ^metadata_csum -J size=1", 12)]
    [InlineData("-t ext4 -b 1024 -J size=1", 13)]
    public void What_dumpe2fs_refuses_is_taken_whole_and_what_it_reads_is_covered(string arguments, int seed)
    {
        var path = Make(arguments);
        var image = Load(path);
        var superblock = Superblock(image);
        var random = new Random(seed);
        var mutator = new Mutator(image, Structures(image, superblock), random);
        int refused = 0, compared = 0;
        for (var i = 0; i < TestScale.Of(50); i++)
        {
            var overlay = new OverlaySource(image);
            var what = mutator.Mutate(overlay);
            RepairChecksums(overlay, superblock, random);
            var copy = SparseFile.Copy(path, _folder.File("mutated"));
            overlay.ApplyTo(copy);
            var content = new ExtReader().Read(overlay, new AllocationOptions());
            var summary = ExtImages.Summary(copy);
            if (summary is null)
            {
                refused++;
                Assert.True(content?.Map is null, $"seed {seed}, case {i}: {what}: dumpe2fs refuses it, but there is a map");
            }
            else if (content?.Map is { } map)
            {
                compared++;
                var whole = new Extent(0, image.Length);
                Assert.True(map.UsedIn(whole).IsSupersetOf(summary.Free.ComplementIn(whole)), $"seed {seed}, case {i}: {what}: used blocks are missing");
            }
        }
        Assert.True(refused > 0 && compared > 0, $"{refused} refused, {compared} compared");
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
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(0x3FC), ExtChecksum.Crc32C(~0u, bytes.AsSpan(0, 0x3FC)));
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
            var crc = ExtChecksum.Crc32C(ExtChecksum.Crc32C(good.ChecksumSeed, number), descriptor);
            BinaryPrimitives.WriteUInt16LittleEndian(descriptor.AsSpan(0x1E), (ushort)crc);
            overlay.Patch(at, descriptor);
        }
    }
}
