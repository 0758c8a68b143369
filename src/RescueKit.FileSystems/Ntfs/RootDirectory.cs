using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>
/// Finds files by name in the root directory. Every index block in use is looked through, rather than the tree descended: the sort
/// order needs the volume's own upper-case table, and a file must not be missed because a branch is out of order. That each block hangs
/// on just one branch is checked.
/// </summary>
/// <remarks>Layout: Linux-NTFS documentation, "$INDEX_ROOT", "$INDEX_ALLOCATION" and "Directory".</remarks>
internal static class RootDirectory
{
    private const string Owner = "the root directory";
    private const string IndexName = "$I30";
    private const int MaxBitmap = 1 << 20;
    private const int FileNameHeader = 0x42;

    /// <summary>The references of the files with these names, upper or lower case; each file once.</summary>
    /// <param name="names">ASCII.</param>
    /// <exception cref="MalformedException">The directory is damaged.</exception>
    public static IReadOnlyList<(string Name, ulong Reference)> Find(MasterFileTable mft, IReadOnlyList<string> names)
    {
        var directory = mft.Open(SystemRecord.RootDirectory);
        if (!directory.Base.IsDirectory) throw new MalformedException("the root directory is no directory");
        var root = directory.OpenStream(AttributeType.IndexRoot, IndexName)?.ReadAll(NtfsIndex.MaxBlockSize);
        if (root is null || root.Length < NtfsIndex.RootHeader) throw new MalformedException("the root directory has no index");

        var search = new Search(names, NtfsIndex.BlockSize(root, Owner), mft.Boot.ClusterSize);
        if (directory.OpenStream(AttributeType.IndexAllocation, IndexName) is { } blocks)
        {
            var used = directory.OpenStream(AttributeType.Bitmap, IndexName)?.ReadAll(MaxBitmap)
                ?? throw new MalformedException("the root directory's index has no bitmap");
            search.InBlocks(root, blocks, used);
        }
        else
        {
            search.In(root.AsSpan(NtfsIndex.RootHeader), 0, []);
        }
        return [.. search.Found];
    }

    private sealed class Search(IReadOnlyList<string> names, int blockSize, int clusterSize)
    {
        /// <summary>In what blocks are numbered: clusters, or 512 bytes where blocks are smaller than clusters.</summary>
        private readonly int _unit = blockSize < clusterSize ? FixupBlock.Stride : clusterSize;

        public HashSet<(string Name, ulong Reference)> Found { get; } = [];

        public void InBlocks(ReadOnlySpan<byte> root, NtfsStream blocks, byte[] used)
        {
            var reached = new byte[used.Length];
            In(root[NtfsIndex.RootHeader..], blocks.DataSize, reached);
            var block = new byte[blockSize];
            for (var i = 0; i < used.Length * 8L; i++)
            {
                if ((used[i / 8] >> (i % 8) & 1) == 0) continue;
                blocks.Read((long)i * blockSize, block);
                FixupBlock.Restore(block, "INDX"u8, "an index block of the root directory");
                var number = BinaryPrimitives.ReadInt64LittleEndian(block.AsSpan(0x10));
                var allocated = BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(NtfsIndex.BlockHeader + 8));
                if (number != i * (long)blockSize / _unit || allocated != blockSize - NtfsIndex.BlockHeader)
                    throw new MalformedException($"an index block of the root directory calls itself {number} and {allocated} bytes long");
                In(block.AsSpan(NtfsIndex.BlockHeader), blocks.DataSize, reached);
            }
            if (!reached.AsSpan().SequenceEqual(used)) throw new MalformedException("the root directory has blocks in use that no branch leads to, or the reverse");
        }

        /// <param name="reached">One bit for each block: those that a branch leads to.</param>
        public void In(ReadOnlySpan<byte> index, long blockBytes, byte[] reached)
        {
            var entries = NtfsIndex.Entries(index, Owner);
            bool more;
            do
            {
                more = NtfsIndex.Next(ref entries, blockBytes, Owner, out var entry);
                if (entry.Branch != NtfsIndexEntry.NoBranch) Reach(entry.Branch, reached);
                if (more) Match(FileName(entry.Key), entry.Reference);
            }
            while (more);
        }

        private void Match(ReadOnlySpan<char> name, ulong reference)
        {
            foreach (var wanted in names)
            {
                if (name.Equals(wanted, StringComparison.OrdinalIgnoreCase)) Found.Add((wanted, reference));
            }
        }

        private void Reach(long branch, byte[] reached)
        {
            var position = branch * _unit;
            var block = position / blockSize;
            if (position % blockSize != 0 || block >= reached.Length * 8L || (reached[block / 8] >> (int)(block % 8) & 1) != 0)
                throw new MalformedException($"a branch of the root directory's index leads to {branch}, where no block begins or another branch ends");
            reached[block / 8] |= (byte)(1 << (int)(block % 8));
        }
    }

    private static ReadOnlySpan<char> FileName(ReadOnlySpan<byte> key)
    {
        if (key.Length < FileNameHeader || key.Length < FileNameHeader + 2 * key[0x40])
            throw new MalformedException("the root directory has an entry without a name");
        return MemoryMarshal.Cast<byte, char>(key.Slice(FileNameHeader, 2 * key[0x40]));
    }
}
