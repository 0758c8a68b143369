using System.Buffers.Binary;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>One block that a descriptor block announces.</summary>
/// <param name="FsBlock">Where replay writes it.</param>
/// <param name="Escaped">Its first four bytes were the journal's magic and are stored as zeros.</param>
internal readonly record struct JournalTag(ulong FsBlock, bool Escaped, uint Checksum);

/// <summary>Descriptor blocks. Source: Linux include/linux/jbd2.h, journal_block_tag_s and journal_block_tag3_s.</summary>
internal static class JournalTags
{
    public const int HeaderSize = 12;

    /// <summary>Checksum at the end of descriptor and revoke blocks.</summary>
    public const int TailSize = 4;
    private const int FlagEscaped = 1;
    private const int FlagSameUuid = 2;
    private const int FlagLast = 8;
    private const int UuidSize = 16;

    /// <summary>All tags of a descriptor block, into <paramref name="tags"/> (cleared first).</summary>
    public static void Parse(ReadOnlySpan<byte> block, JournalSuperblock journal, List<JournalTag> tags)
    {
        tags.Clear();
        var size = TagSize(journal);
        var end = block.Length - (journal.HasChecksums ? TailSize : 0);
        for (var at = HeaderSize; at + size <= end;)
        {
            var tag = block.Slice(at, size);
            var flags = BinaryPrimitives.ReadUInt16BigEndian(tag[6..]);
            ulong fsBlock = BinaryPrimitives.ReadUInt32BigEndian(tag);
            if (journal.Is64Bit) fsBlock |= (ulong)BinaryPrimitives.ReadUInt32BigEndian(tag[8..]) << 32;
            var checksum = journal.HasChecksum3 ? BinaryPrimitives.ReadUInt32BigEndian(tag[12..]) : BinaryPrimitives.ReadUInt16BigEndian(tag[4..]);
            tags.Add(new JournalTag(fsBlock, (flags & FlagEscaped) != 0, checksum));
            if ((flags & FlagLast) != 0) break;
            at += size + ((flags & FlagSameUuid) != 0 ? 0 : UuidSize);
        }
    }

    /// <summary>Whether the checksum at the end of a descriptor or revoke block is right, where there is one.</summary>
    public static bool TailIsRight(ReadOnlySpan<byte> block, JournalSuperblock journal)
    {
        if (!journal.HasChecksums) return true;
        var crc = Crc32C.Update(journal.ChecksumSeed, block[..^TailSize]);
        crc = Crc32C.Update(crc, [0, 0, 0, 0]);
        return crc == BinaryPrimitives.ReadUInt32BigEndian(block[^TailSize..]);
    }

    private static int TagSize(JournalSuperblock journal) =>
        journal.HasChecksum3 ? 16 : 8 + (journal.HasChecksum2 ? 2 : 0) + (journal.Is64Bit ? 4 : 0);
}
