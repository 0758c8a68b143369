using System.Buffers.Binary;
using System.Numerics;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>Entries of an index root or index block. Layout: Linux-NTFS documentation, "Index header" and "Index entry".</summary>
internal static class NtfsIndex
{
    /// <summary>Bytes in front of the index header in $INDEX_ROOT.</summary>
    public const int RootHeader = 0x10;

    /// <summary>Bytes in front of the index header in an index block.</summary>
    public const int BlockHeader = 0x18;

    /// <summary>Bytes of the index header itself.</summary>
    public const int Header = 0x10;

    public const int MaxBlockSize = 64 << 10;

    private const int EntryHeader = 0x10;
    private const int HasBranch = 1;
    private const int LastEntry = 2;

    /// <summary>Bytes of the index's blocks, as $INDEX_ROOT gives them whether there are any or not.</summary>
    /// <exception cref="MalformedException">No size that blocks can have.</exception>
    public static int BlockSize(ReadOnlySpan<byte> root, string owner)
    {
        var size = BinaryPrimitives.ReadUInt32LittleEndian(root[8..]);
        if (!BitOperations.IsPow2(size) || size is < FixupBlock.Stride or > MaxBlockSize)
            throw new MalformedException($"an index of {owner} has blocks of {size} bytes");
        return (int)size;
    }

    /// <param name="index">From the index header on.</param>
    /// <exception cref="MalformedException">The header points outside.</exception>
    public static ReadOnlySpan<byte> Entries(ReadOnlySpan<byte> index, string owner)
    {
        if (index.Length < Header) throw Damaged(owner);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(index);
        var end = BinaryPrimitives.ReadUInt32LittleEndian(index[4..]);
        var allocated = BinaryPrimitives.ReadUInt32LittleEndian(index[8..]);
        if (offset < Header || offset % 8 != 0 || offset > end || end > allocated || allocated > index.Length) throw Damaged(owner);
        return index[(int)offset..(int)end];
    }

    /// <summary>Takes the next entry off; false at the one that ends them.</summary>
    /// <param name="blockBytes">Length of the index's blocks: every branch must lie inside.</param>
    /// <exception cref="MalformedException">An entry is longer than what is left, branches off outside, or there is no last one.</exception>
    public static bool Next(ref ReadOnlySpan<byte> entries, long blockBytes, string owner, out NtfsIndexEntry entry)
    {
        if (entries.Length < EntryHeader) throw Damaged(owner);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(entries[8..]);
        int keyLength = BinaryPrimitives.ReadUInt16LittleEndian(entries[0x0A..]);
        if (length < EntryHeader || length % 8 != 0 || length > entries.Length || keyLength > length - EntryHeader) throw Damaged(owner);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(entries[0x0C..]);
        var branch = NtfsIndexEntry.NoBranch;
        if ((flags & HasBranch) != 0)
        {
            if (length < EntryHeader + keyLength + 8) throw Damaged(owner);
            branch = BinaryPrimitives.ReadInt64LittleEndian(entries[(length - 8)..]);
            // Counted in clusters or in 512 bytes, whichever is smaller than a block: never in less than 512 bytes.
            if (branch < 0 || branch >= blockBytes / 512) throw Damaged(owner);
        }
        entry = new NtfsIndexEntry(BinaryPrimitives.ReadUInt64LittleEndian(entries), entries.Slice(EntryHeader, keyLength), branch);
        entries = entries[length..];
        return (flags & LastEntry) == 0;
    }

    private static MalformedException Damaged(string owner) => new($"an index of {owner} is damaged");
}

/// <param name="reference">The file that it leads to, in a directory.</param>
/// <param name="branch">The block of what sorts before this entry, or <see cref="NoBranch"/>.</param>
internal readonly ref struct NtfsIndexEntry(ulong reference, ReadOnlySpan<byte> key, long branch)
{
    public const long NoBranch = -1;

    public ulong Reference { get; } = reference;
    public ReadOnlySpan<byte> Key { get; } = key;
    public long Branch { get; } = branch;
}
