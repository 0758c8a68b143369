using System.Buffers.Binary;
using System.Security.Cryptography;
using RescueKit.Disks;
using RescueKit.Engine.Safety;
using RescueKit.Model;

namespace RescueKit.Engine.Serving;

/// <summary>
/// A disk that can be written to over one that stays as it is, and that it does not own: what is written goes into a file, and is there again when
/// the same file is opened over the same disk. As a disk does, it may lose after a power cut what was written since the last flush, and nothing else.
/// </summary>
/// <remarks>
/// The file: a header (<see cref="Header"/>), one bit for each block of the disk that says whether the file has it, little-endian, and from
/// the next multiple of the block size on the blocks, each at its own place; a hole there is zeros. Bits are written after the blocks they tell of.
/// </remarks>
public sealed class OverlayDisk : IBlockTarget
{
    internal const int BlockSize = 64 << 10;
    private const int Sector = 4096;
    private const int HeaderBytes = 4096;
    private const int Locks = 64;

    private readonly IBlockSource _below;
    private readonly IBlockTarget _file;
    private readonly long _data;
    private readonly byte[] _bits;
    private readonly bool[] _isDirty;
    private readonly Lock _bitsLock = new();
    private readonly Lock _flushLock = new();
    private readonly Lock[] _locks = [.. Enumerable.Range(0, Locks).Select(_ => new Lock())];
    private long _written;
    private long _durable;

    private OverlayDisk(IBlockSource below, IBlockTarget file, long data)
    {
        (_below, _file, _data) = (below, file, data);
        _bits = new byte[data - HeaderBytes];
        _isDirty = new bool[_bits.Length / Sector];
    }

    /// <param name="path">Made where it does not exist.</param>
    /// <param name="identity">At most 64 bytes that no other disk has.</param>
    /// <exception cref="SafetyException">It is in use, or it is of another disk.</exception>
    public static OverlayDisk Open(IBlockSource below, string path, ReadOnlySpan<byte> identity)
    {
        var blocks = (below.Length + BlockSize - 1) / BlockSize;
        var data = AlignUp(HeaderBytes + (blocks + 7) / 8, BlockSize);
        var header = Header(below.Length, identity);
        SafetyChecks.NotAmongDevices(path);
        var file = BlockDevices.OpenWorkFile(path, data + blocks * BlockSize, out var isNew);
        try
        {
            var overlay = new OverlayDisk(below, file, data);
            if (isNew)
            {
                file.Write(0, header);
                file.Flush();
                return overlay;
            }
            var found = new byte[HeaderBytes];
            if (file.Length >= HeaderBytes) file.Read(0, found);
            if (!found.AsSpan().SequenceEqual(header) || file.Length != data + blocks * BlockSize)
                throw new SafetyException($"{path} is no overlay of {below.Name}", "Name the file that was used with this image, or one that does not exist yet.");
            file.Read(HeaderBytes, overlay._bits);
            return overlay;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public string Name => _below.Name;
    public long Length => _below.Length;
    public DiskGeometry Geometry => _below.Geometry;
    public bool UnwrittenIsZero => false;
    public long DurableBytes => Interlocked.Read(ref _durable);

    public void Read(long offset, Span<byte> buffer)
    {
        var wanted = Checked(new Extent(offset, buffer.Length));
        foreach (var (range, isOurs) in Runs(wanted))
        {
            var part = buffer.Slice((int)(range.Offset - offset), (int)range.Length);
            if (isOurs) _file.Read(_data + range.Offset, part);
            else _below.Read(range.Offset, part);
        }
    }

    public ExtentSet DataIn(Extent window)
    {
        var data = new ExtentSetBuilder();
        foreach (var (range, isOurs) in Runs(Checked(window)))
            data.Add(isOurs ? _file.DataIn(range.Shift(_data)).Shift(-_data) : _below.DataIn(range));
        return data.ToSet();
    }

    public void Write(long offset, ReadOnlySpan<byte> buffer)
    {
        foreach (var part in Blocks(Checked(new Extent(offset, buffer.Length))))
        {
            var bytes = buffer.Slice((int)(part.Offset - offset), (int)part.Length);
            lock (LockOf(part))
            {
                if (!IsOurs(part) && part != WholeBlock(part)) CopyUp(part, bytes);
                else _file.Write(_data + part.Offset, bytes);
                MakeOurs(part);
            }
            Interlocked.Add(ref _written, part.Length);
        }
    }

    public void WriteZeros(Extent extent)
    {
        foreach (var part in Blocks(Checked(extent)))
        {
            lock (LockOf(part))
            {
                if (!IsOurs(part) && part != WholeBlock(part)) CopyUp(part, new byte[part.Length]);
                else _file.WriteZeros(part.Shift(_data));
                MakeOurs(part);
            }
        }
    }

    /// <summary>What is discarded in whole blocks reads as zeros from then on, and takes no room; the rest is as it was.</summary>
    public bool Discard(Extent extent)
    {
        foreach (var part in Blocks(Checked(extent)))
            if (part == WholeBlock(part)) WriteZeros(part);
        return true;
    }

    public void Flush()
    {
        lock (_flushLock)
        {
            var written = Interlocked.Read(ref _written);
            var changed = TakeDirtyBits();
            try
            {
                _file.Flush();
                foreach (var (at, bits) in changed) _file.Write(HeaderBytes + (long)at * Sector, bits);
                if (changed.Count > 0) _file.Flush();
                Interlocked.Exchange(ref _durable, written);
            }
            catch
            {
                lock (_bitsLock)
                {
                    foreach (var (at, _) in changed) _isDirty[at] = true;
                }
                throw;
            }
        }
    }

    /// <summary>What was written since the last flush is made durable first, as far as that goes.</summary>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            _file.Dispose();
        }
    }

    /// <summary>
    /// 8 bytes "RKOVERLY", 4 bytes version (1), 4 bytes block size, 8 bytes length of the disk, 64 bytes of the disk's identity, SHA-256 of
    /// all these; the rest is zeros. Little-endian.
    /// </summary>
    private static byte[] Header(long length, ReadOnlySpan<byte> identity)
    {
        var header = new byte[HeaderBytes];
        "RKOVERLY"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), 1);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), BlockSize);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), length);
        identity.CopyTo(header.AsSpan(24, 64));
        SHA256.HashData(header.AsSpan(0, 88), header.AsSpan(88));
        return header;
    }

    /// <summary>A block that the file does not have yet, with a part of it written anew.</summary>
    private void CopyUp(Extent part, ReadOnlySpan<byte> bytes)
    {
        var block = WholeBlock(part);
        using var buffer = new AlignedBuffer(BlockSize);
        var content = buffer.Span[..(int)block.Length];
        _below.Read(block.Offset, content);
        bytes.CopyTo(content[(int)(part.Offset - block.Offset)..]);
        _file.Write(_data + block.Offset, content);
    }

    private List<(int At, byte[] Bits)> TakeDirtyBits()
    {
        var changed = new List<(int, byte[])>();
        lock (_bitsLock)
        {
            for (var i = 0; i < _isDirty.Length; i++)
            {
                if (!_isDirty[i]) continue;
                changed.Add((i, _bits.AsSpan(i * Sector, Sector).ToArray()));
                _isDirty[i] = false;
            }
        }
        return changed;
    }

    private bool IsOurs(Extent part) => IsOurs(part.Offset / BlockSize);

    private bool IsOurs(long block) => (Volatile.Read(ref _bits[block / 8]) >> (int)(block % 8) & 1) != 0;

    private void MakeOurs(Extent part)
    {
        var block = part.Offset / BlockSize;
        if (IsOurs(block)) return;
        lock (_bitsLock)
        {
            Volatile.Write(ref _bits[block / 8], (byte)(_bits[block / 8] | 1 << (int)(block % 8)));
            _isDirty[block / 8 / Sector] = true;
        }
    }

    /// <summary>A range in pieces that lie in the file, or below, as a whole.</summary>
    private IEnumerable<(Extent Range, bool IsOurs)> Runs(Extent range)
    {
        for (var at = range.Offset; at < range.End;)
        {
            var block = at / BlockSize;
            var isOurs = IsOurs(block);
            do block++;
            while (block * BlockSize < range.End && IsOurs(block) == isOurs);
            var end = Math.Min(range.End, block * BlockSize);
            yield return (Extent.FromTo(at, end), isOurs);
            at = end;
        }
    }

    private static IEnumerable<Extent> Blocks(Extent range)
    {
        for (var at = range.Offset; at < range.End;)
        {
            var end = Math.Min(range.End, (at / BlockSize + 1) * BlockSize);
            yield return Extent.FromTo(at, end);
            at = end;
        }
    }

    private Extent WholeBlock(Extent part)
    {
        var start = part.Offset - part.Offset % BlockSize;
        return Extent.FromTo(start, Math.Min(Length, start + BlockSize));
    }

    private Lock LockOf(Extent part) => _locks[part.Offset / BlockSize % Locks];

    private Extent Checked(Extent range) => range.Offset >= 0 && range.End <= Length
        ? range
        : throw new ArgumentOutOfRangeException(nameof(range), range, $"ends past the {Length} bytes of {Name}");

    private static long AlignUp(long value, long unit) => (value + unit - 1) / unit * unit;
}
