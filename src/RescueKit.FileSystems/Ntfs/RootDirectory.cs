using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>
/// Finds files by name in the root directory. Every index block in use is looked through, rather than the tree descended: the sort
/// order needs the volume's own upper-case table, and a file must not be missed because a branch is out of order.
/// </summary>
/// <remarks>Layout: Linux-NTFS documentation, "$INDEX_ROOT", "$INDEX_ALLOCATION" and "Directory".</remarks>
internal static class RootDirectory
{
    private const string Owner = "the root directory";
    private const string IndexName = "$I30";
    private const int MaxBlockSize = 64 << 10;
    private const int MaxBitmap = 1 << 20;
    private const int FileNameHeader = 0x42;

    /// <summary>The references of the files with these names, upper or lower case; each file once.</summary>
    /// <param name="names">ASCII.</param>
    /// <exception cref="MalformedException">The directory is damaged.</exception>
    public static IReadOnlyList<(string Name, ulong Reference)> Find(MasterFileTable mft, IReadOnlyList<string> names)
    {
        var directory = mft.Open(SystemRecord.RootDirectory);
        if (!directory.Base.IsDirectory) throw new MalformedException("the root directory is no directory");
        var root = directory.OpenStream(AttributeType.IndexRoot, IndexName)?.ReadAll(MaxBlockSize);
        if (root is null || root.Length < NtfsIndex.RootHeader) throw new MalformedException("the root directory has no index");

        var found = new HashSet<(string, ulong)>();
        var blocks = directory.OpenStream(AttributeType.IndexAllocation, IndexName);
        Search(root.AsSpan(NtfsIndex.RootHeader), blocks?.DataSize ?? 0, names, found);
        if (blocks is not null)
        {
            var used = directory.OpenStream(AttributeType.Bitmap, IndexName)?.ReadAll(MaxBitmap)
                ?? throw new MalformedException("the root directory's index has no bitmap");
            SearchBlocks(blocks, used, BinaryPrimitives.ReadUInt32LittleEndian(root.AsSpan(8)), mft.Boot.ClusterSize, names, found);
        }
        return [.. found];
    }

    private static void SearchBlocks(
        NtfsStream blocks, byte[] used, uint size, int clusterSize, IReadOnlyList<string> names, HashSet<(string, ulong)> found)
    {
        if (!BitOperations.IsPow2(size) || size is < FixupBlock.Stride or > MaxBlockSize)
            throw new MalformedException($"the root directory has index blocks of {size} bytes");
        // Blocks are numbered in clusters, smaller ones in 512 bytes.
        var unit = size < clusterSize ? FixupBlock.Stride : clusterSize;
        var block = new byte[size];
        for (var i = 0; i < used.Length * 8L; i++)
        {
            if ((used[i / 8] >> (i % 8) & 1) == 0) continue;
            blocks.Read((long)i * size, block);
            FixupBlock.Restore(block, "INDX"u8, "an index block of the root directory");
            var number = BinaryPrimitives.ReadInt64LittleEndian(block.AsSpan(0x10));
            var allocated = BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(NtfsIndex.BlockHeader + 8));
            if (number != i * (long)size / unit || allocated != size - NtfsIndex.BlockHeader)
                throw new MalformedException($"an index block of the root directory calls itself {number} and {allocated} bytes long");
            Search(block.AsSpan(NtfsIndex.BlockHeader), blocks.DataSize, names, found);
        }
    }

    private static void Search(ReadOnlySpan<byte> index, long blockBytes, IReadOnlyList<string> names, HashSet<(string, ulong)> found)
    {
        var entries = NtfsIndex.Entries(index, Owner);
        while (NtfsIndex.Next(ref entries, blockBytes, Owner, out var reference, out var key))
        {
            var name = FileName(key);
            foreach (var wanted in names)
            {
                if (name.Equals(wanted, StringComparison.OrdinalIgnoreCase)) found.Add((wanted, reference));
            }
        }
    }

    private static ReadOnlySpan<char> FileName(ReadOnlySpan<byte> key)
    {
        if (key.Length < FileNameHeader || key.Length < FileNameHeader + 2 * key[0x40])
            throw new MalformedException("the root directory has an entry without a name");
        return MemoryMarshal.Cast<byte, char>(key.Slice(FileNameHeader, 2 * key[0x40]));
    }
}
