using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Xfs;

/// <summary>A part of a log record: what one transaction logs of one thing, or a mark.</summary>
internal readonly record struct XfsLogOperation(byte Flags, ReadOnlyMemory<byte> Data)
{
    private const byte StartFlag = 0x01, CommitFlag = 0x02, UnmountFlag = 0x20;

    public bool IsStart => Flags == StartFlag && Data.IsEmpty;
    public bool IsCommit => Flags == CommitFlag && Data.IsEmpty;
    public bool IsUnmount => (Flags & UnmountFlag) != 0;

    /// <summary>Neither a mark nor a piece of something that goes on in another record.</summary>
    public bool IsRegion => Flags == 0;
}

/// <summary>
/// A record: a header, up to 7 more with the first words of later blocks, and data whose blocks have the round in place of their first word.
/// Source: Linux fs/xfs/libxfs/xfs_log_format.h, structs xlog_rec_header, xlog_rec_ext_header, xlog_op_header.
/// </summary>
internal sealed class XfsLogRecord
{
    public const uint Magic = 0xFEEDBABE;
    private const int ChecksumAt = 32, WordsAt = 44, FormatAt = 300, IdAt = 304, SizeAt = 320, OperationHeader = 12;
    private const int WordsPerHeader = 64, BytesPerHeader = 32 << 10, LargestRecord = 256 << 10, ExtraHeaderBytes = 4 + 4 * WordsPerHeader;
    private const uint LittleEndianLinux = 1;

    private readonly byte[] _data;
    private readonly int _operations;

    private XfsLogRecord(ReadOnlySpan<byte> header, int headers, byte[] data)
    {
        Round = U32(header, 4);
        Place = U32(header, 20);
        (TailRound, TailPlace) = (U32(header, 24), U32(header, 28));
        _operations = (int)Math.Min(int.MaxValue, U32(header, 40));
        Blocks = headers + data.Length / XfsLog.Block;
        _data = data;
    }

    public uint Round { get; }

    /// <summary>Its first block in the log.</summary>
    public long Place { get; }

    /// <summary>Where the oldest record lay that is needed, when this one was written.</summary>
    public long TailPlace { get; }
    public uint TailRound { get; }

    /// <summary>Of 512 bytes, headers and data.</summary>
    public int Blocks { get; }

    /// <summary>Null where it is not whole, does not match its checksum, or is not of this file system and this kind of machine.</summary>
    /// <param name="bytes">From its first block on.</param>
    public static XfsLogRecord? Parse(ReadOnlyMemory<byte> bytes, XfsSuperblock superblock)
    {
        var header = bytes.Span[..XfsLog.Block];
        var version = U32(header, 8);
        var (length, size) = (U32(header, 12), U32(header, SizeAt));
        if (U32(header, 0) != Magic || version != (superblock.HasLogV2 ? 2 : 1) || U32(header, FormatAt) != LittleEndianLinux) return null;
        if (new Guid(header.Slice(IdAt, 16), bigEndian: true) != superblock.LogId || U32(header, 16) != U32(header, 4)) return null;
        // Version 1 counts what is logged, version 2 the blocks that it takes.
        if (length == 0 || length > LargestRecord || size > LargestRecord || (version == 2 && (length % XfsLog.Block != 0 || length > Math.Max(size, BytesPerHeader)))) return null;
        var headers = version == 2 && size > BytesPerHeader ? (int)(size + BytesPerHeader - 1) / BytesPerHeader : 1;
        var blocks = (int)(length + XfsLog.Block - 1) / XfsLog.Block;
        if (bytes.Length < (headers + blocks) * XfsLog.Block) return null;
        var data = bytes.Span.Slice(headers * XfsLog.Block, blocks * XfsLog.Block).ToArray();
        // mkfs.xfs leaves the checksum out of the one mark that it writes, in both versions.
        var isMark = U32(header, 40) == 1;
        if (!MatchesChecksum(bytes.Span, headers, data.AsSpan(0, (int)length), superblock.HasChecksums && !isMark)) return null;
        for (var i = 0; i < blocks; i++)
        {
            var words = i / WordsPerHeader == 0 ? header[WordsAt..] : bytes.Span[(i / WordsPerHeader * XfsLog.Block + 4)..];
            words.Slice(4 * (i % WordsPerHeader), 4).CopyTo(data.AsSpan(i * XfsLog.Block));
        }
        return new XfsLogRecord(header, headers, data);
    }

    /// <summary>What it holds; null where that does not fit it.</summary>
    public IReadOnlyList<XfsLogOperation>? Operations()
    {
        var found = new List<XfsLogOperation>();
        var at = 0;
        for (var i = 0; i < _operations; i++)
        {
            if (at > _data.Length - OperationHeader) return null;
            var length = U32(_data, at + 4);
            if (length > (uint)(_data.Length - at - OperationHeader)) return null;
            found.Add(new XfsLogOperation(_data[at + 9], _data.AsMemory(at + OperationHeader, (int)length)));
            at += OperationHeader + (int)length;
        }
        return found;
    }

    /// <summary>
    /// Over the headers' structures and the data as they are on the disk. The first structure is padded on 64-bit machines and not on others. Version 4 may leave it out.
    /// </summary>
    private static bool MatchesChecksum(ReadOnlySpan<byte> bytes, int headers, ReadOnlySpan<byte> data, bool required)
    {
        const int Padded = 328, Plain = 324;
        var stored = XfsChecksum.Stored(bytes, ChecksumAt);
        if (stored == 0 && !required) return true;
        return Of(bytes, data, Padded) == stored || Of(bytes, data, Plain) == stored;

        uint Of(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> data, int length)
        {
            var crc = XfsChecksum.Append(~0u, bytes[..length], ChecksumAt);
            for (var i = 1; i < headers; i++) crc = Crc32C.Update(crc, bytes.Slice(i * XfsLog.Block, ExtraHeaderBytes));
            return ~Crc32C.Update(crc, data);
        }
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
