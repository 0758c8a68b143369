using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Xfs;

/// <summary>What a log would change when the file system is mounted.</summary>
internal enum XfsLogState
{
    /// <summary>Nothing: it ends with an unmount.</summary>
    Clean,

    /// <summary>The counts in the superblock alone: what a frozen file system leaves.</summary>
    CountsOnly,

    /// <summary>More, or it could not be told.</summary>
    Dirty,
}

/// <summary>
/// The log as a ring of blocks of 512 bytes. Each begins with the number of the round in which it was written (a record's first block with its magic, and then
/// that number), so that the head is where the number falls. Source: Linux fs/xfs/libxfs/xfs_log_format.h and fs/xfs/xfs_log_recover.c.
/// </summary>
internal sealed class XfsLog
{
    /// <summary>The unit in which a log is counted.</summary>
    public const int Block = 512;

    /// <summary>A record and its headers: 256 KiB and 8 blocks.</summary>
    private const int MostBlocksOfRecord = 512 + 8;

    /// <summary>What is read of a log that was not left by an unmount: a frozen one has a few short records.</summary>
    private const int MostBlocksToParse = 8 << 10;

    private readonly IBlockSource _volume;
    private readonly XfsSuperblock _superblock;
    private readonly long _start;
    private readonly long _blocks;

    public XfsLog(IBlockSource volume, XfsSuperblock superblock)
    {
        (_volume, _superblock) = (volume, superblock);
        var (group, block) = superblock.PlaceOf(superblock.LogStart);
        _start = superblock.OffsetOf(group, block);
        _blocks = (long)superblock.LogBlocks * superblock.BlockSize / Block;
    }

    /// <exception cref="BlockReadException">It is unreadable.</exception>
    public XfsLogState State()
    {
        if (FindHead() is not { } head || LastRecordBefore(head) is not { } last) return XfsLogState.Dirty;
        if (IsUnmount(last)) return XfsLogState.Clean;
        return ChangesCountsOnly(last, head) ? XfsLogState.CountsOnly : XfsLogState.Dirty;
    }

    /// <summary>
    /// The block that will be written next. A log after a crash can have holes, written out of order, before what this finds; then the record before it does not end
    /// here, or those between tail and head do not follow each other.
    /// </summary>
    private long? FindHead()
    {
        var first = RoundOf(0);
        var last = RoundOf(_blocks - 1);
        if (first == 0) return null;
        if (first == last) return 0;
        if (last != first - 1 && last != 0) return null;
        var (low, high) = (0L, _blocks - 1); // of the first's round, of the last's
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (RoundOf(middle) == first) low = middle;
            else high = middle;
        }
        // A log that a tool has emptied begins with one mark, with zeros behind it.
        return RoundOf(high) is var next && (next == last || next == 0) ? high : null;
    }

    private uint RoundOf(long block)
    {
        Span<byte> start = stackalloc byte[8];
        _volume.Read(_start + block * Block, start);
        var word = BinaryPrimitives.ReadUInt32BigEndian(start);
        return word == XfsLogRecord.Magic ? BinaryPrimitives.ReadUInt32BigEndian(start[4..]) : word;
    }

    /// <summary>The record that ends just before a block, or null.</summary>
    private XfsLogRecord? LastRecordBefore(long head)
    {
        var window = (int)Math.Min(_blocks, MostBlocksOfRecord);
        var bytes = Read(head - window, window);
        var at = window - 1;
        while (at >= 0 && BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at * Block)) != XfsLogRecord.Magic) at--;
        if (at < 0 || XfsLogRecord.Parse(bytes.AsMemory(at * Block), _superblock) is not { } record) return null;
        return record.Place == Wrap(head - window + at) && record.Blocks == window - at ? record : null;
    }

    private static bool IsUnmount(XfsLogRecord record) => record.Operations() is [{ IsUnmount: true }];

    /// <summary>Whether everything from the tail on, which the last record names, logs superblocks that differ from the volume's in their counts alone.</summary>
    private bool ChangesCountsOnly(XfsLogRecord last, long head)
    {
        var tail = last.TailPlace;
        if (tail < 0 || tail >= _blocks) return false;
        var distance = Wrap(head - tail);
        if (distance == 0 || distance > MostBlocksToParse) return false;
        var bytes = Read(tail, (int)distance);
        var changes = new XfsLoggedSuperblock(_superblock);
        var round = last.TailRound;
        for (var at = 0L; at < distance;)
        {
            if (XfsLogRecord.Parse(bytes.AsMemory((int)at * Block), _superblock) is not { } record) return false;
            if (record.Round != round || record.Place != Wrap(tail + at)) return false;
            if (record.Operations() is not { } operations || !changes.Take(operations)) return false;
            at += record.Blocks;
            if (record.Place + record.Blocks >= _blocks) round++;
            if (at == distance) return changes.IsComplete && record.Place == last.Place;
        }
        return false;
    }

    private byte[] Read(long block, int count)
    {
        var bytes = new byte[count * Block];
        var first = Wrap(block);
        var atEnd = (int)Math.Min(count, _blocks - first);
        _volume.Read(_start + first * Block, bytes.AsSpan(0, atEnd * Block));
        if (atEnd < count) _volume.Read(_start, bytes.AsSpan(atEnd * Block));
        return bytes;
    }

    private long Wrap(long block) => ((block % _blocks) + _blocks) % _blocks;
}
