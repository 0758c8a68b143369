using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>The first block of a journal, big-endian. Source: Linux include/linux/jbd2.h, struct journal_superblock_s.</summary>
internal sealed class JournalSuperblock
{
    public const uint Magic = 0xC03B3998;
    private const uint FeatureRevoke = 0x1;
    private const uint Feature64Bit = 0x2;
    private const uint FeatureAsyncCommit = 0x4;
    private const uint FeatureChecksum2 = 0x8;
    private const uint FeatureChecksum3 = 0x10;
    private const uint FeatureFastCommit = 0x20;
    private const uint Known = FeatureRevoke | Feature64Bit | FeatureAsyncCommit | FeatureChecksum2 | FeatureChecksum3 | FeatureFastCommit;
    private const int Size = 1024;

    /// <summary>First block of the log.</summary>
    public required long First { get; init; }

    /// <summary>Number of the first transaction of the log.</summary>
    public required uint Sequence { get; init; }

    /// <summary>Block where the log starts; 0 where there is nothing to replay.</summary>
    public required long Start { get; init; }

    /// <summary>Blocks of the journal, this one included.</summary>
    public required long Length { get; init; }

    /// <summary>An error that the kernel recorded; 0 for none.</summary>
    public required int Error { get; init; }
    public required bool Is64Bit { get; init; }
    public required bool HasChecksum2 { get; init; }
    public required bool HasChecksum3 { get; init; }
    public required uint ChecksumSeed { get; init; }
    public bool HasChecksums => HasChecksum2 || HasChecksum3;

    /// <summary>Set where a replay would need what this reader cannot prove.</summary>
    public required string? NotReplayable { get; init; }

    /// <exception cref="MalformedException">Not a journal that this reader knows.</exception>
    public static JournalSuperblock Parse(ReadOnlySpan<byte> block, long inodeBlocks)
    {
        uint magic = U32(block, 0), type = U32(block, 4);
        if (magic != Magic || type is not (3 or 4)) throw new MalformedException("the journal has no superblock");
        if (U32(block, 0x0C) != block.Length) throw new MalformedException($"the journal's block size is {U32(block, 0x0C)}, the file system's {block.Length}");
        var second = type == 4;
        var compatible = second ? U32(block, 0x24) : 0;
        var incompatible = second ? U32(block, 0x28) : 0;
        if ((incompatible & ~Known) != 0) throw new MalformedException($"the journal has unknown features 0x{incompatible & ~Known:x}");
        if (second && U32(block, 0x2C) != 0) throw new MalformedException($"the journal has unknown read-only features 0x{U32(block, 0x2C):x}");
        if (second && U32(block, 0x40) > 1) throw new MalformedException($"the journal belongs to {U32(block, 0x40)} file systems");
        bool checksum2 = (incompatible & FeatureChecksum2) != 0, checksum3 = (incompatible & FeatureChecksum3) != 0;
        if (checksum2 && checksum3) throw new MalformedException("the journal claims two kinds of checksums");
        if (checksum2 || checksum3) VerifyChecksum(block);

        var journal = new JournalSuperblock
        {
            First = U32(block, 0x14),
            Sequence = U32(block, 0x18),
            Start = U32(block, 0x1C),
            Length = U32(block, 0x10),
            Error = (int)U32(block, 0x20),
            Is64Bit = (incompatible & Feature64Bit) != 0,
            HasChecksum2 = checksum2,
            HasChecksum3 = checksum3,
            ChecksumSeed = Crc32C.Update(~0u, block.Slice(0x30, 16)),
            NotReplayable = Doubt(compatible, incompatible),
        };
        if (journal.Length > inodeBlocks || journal.First < 1 || journal.First >= journal.Length
            || (journal.Start != 0 && (journal.Start < journal.First || journal.Start >= journal.Length)))
            throw new MalformedException($"the journal of {journal.Length} blocks starts at {journal.Start}, its log at {journal.First}");
        return journal;
    }

    private static string? Doubt(uint compatible, uint incompatible)
    {
        if ((incompatible & FeatureFastCommit) != 0) return "may hold fast commits";
        // Checksums of the first kind cover a whole transaction; with commits written early only they tell whether it is complete.
        if (compatible != 0) return $"has the compatible features 0x{compatible:x}";
        if ((incompatible & FeatureAsyncCommit) != 0 && (incompatible & (FeatureChecksum2 | FeatureChecksum3)) == 0)
            return "writes commits early without checksums";
        return null;
    }

    private static void VerifyChecksum(ReadOnlySpan<byte> block)
    {
        if (block[0x50] != 4) throw new MalformedException($"the journal's checksum type {block[0x50]} is unknown");
        var copy = block[..Size].ToArray();
        copy.AsSpan(0xFC, 4).Clear();
        var computed = Crc32C.Update(~0u, copy);
        if (computed != U32(block, 0xFC)) throw new MalformedException($"the journal's superblock has checksum {U32(block, 0xFC):x8}, should be {computed:x8}");
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
