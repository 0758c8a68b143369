using System.Buffers.Binary;
using System.Numerics;

namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// Follows the transactions of a log as long as they log nothing but superblocks that differ from the volume's in counts alone: a frozen file system's log has these,
/// and replaying them changes no allocation. Anything else ends it. Source: Linux fs/xfs/libxfs/xfs_log_format.h, structs xfs_trans_header, xfs_buf_log_format;
/// their numbers are in the byte order of the machine, little-endian here.
/// </summary>
internal sealed class XfsLoggedSuperblock(XfsSuperblock superblock)
{
    private const uint TransactionMagic = 0x5452414E;
    private const ushort BufferItem = 0x123C, CancelFlag = 0x2;
    private const int TransactionHeader = 16, MapAt = 20, ChunkBytes = 128;

    private enum Expected
    {
        Start,
        Header,
        ItemOrCommit,
        Data,
    }

    private Expected _expected = Expected.Start;
    private readonly Queue<(int Offset, int Length)> _regions = [];

    /// <summary>Whether no transaction is open.</summary>
    public bool IsComplete => _expected == Expected.Start;

    /// <summary>False as soon as something else is logged.</summary>
    public bool Take(IReadOnlyList<XfsLogOperation> operations)
    {
        foreach (var operation in operations)
        {
            if (!Take(operation)) return false;
        }
        return true;
    }

    private bool Take(XfsLogOperation operation)
    {
        var data = operation.Data.Span;
        switch (_expected)
        {
            case Expected.Start when operation.IsStart:
                _expected = Expected.Header;
                return true;
            case Expected.Header when operation.IsRegion && data.Length == TransactionHeader && BinaryPrimitives.ReadUInt32LittleEndian(data) == TransactionMagic:
                _expected = Expected.ItemOrCommit;
                return true;
            case Expected.ItemOrCommit when operation.IsCommit:
                _expected = Expected.Start;
                return true;
            case Expected.ItemOrCommit when operation.IsRegion && IsSuperblock(data):
                if (_regions.Count > 0) _expected = Expected.Data;
                return true;
            case Expected.Data when operation.IsRegion:
                var (offset, length) = _regions.Dequeue();
                if (_regions.Count == 0) _expected = Expected.ItemOrCommit;
                return data.Length == length && !superblock.DiffersInMoreThanCounts(offset, data);
            default:
                return false;
        }
    }

    /// <summary>A buffer at block 0; notes which pieces of it follow: each run of bits in its map is one.</summary>
    private bool IsSuperblock(ReadOnlySpan<byte> item)
    {
        if (item.Length < MapAt || BinaryPrimitives.ReadUInt16LittleEndian(item) != BufferItem) return false;
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(item[4..]);
        var words = BinaryPrimitives.ReadUInt32LittleEndian(item[16..]);
        if ((flags & CancelFlag) != 0 || BinaryPrimitives.ReadInt64LittleEndian(item[8..]) != 0 || words == 0 || item.Length != MapAt + 4 * (long)words) return false;
        for (var word = 0; word < words; word++)
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(item[(MapAt + 4 * word)..]);
            for (var bit = 0; bit < 32;)
            {
                var first = BitOperations.TrailingZeroCount(bits >> bit) + bit;
                if (first >= 32 || bits >> bit == 0) break;
                var run = BitOperations.TrailingZeroCount(~(bits >> first));
                _regions.Enqueue(((word * 32 + first) * ChunkBytes, run * ChunkBytes));
                bit = first + run;
            }
        }
        return _regions.Count + 1 == BinaryPrimitives.ReadUInt16LittleEndian(item[2..]);
    }
}
