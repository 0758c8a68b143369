using System.Buffers.Binary;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>
/// Goes from frame to frame of a part by their headers; where there is none, looks for the next one. Payloads are not checked.
/// </summary>
internal sealed class FrameWalker(IPartReader part, uint seed)
{
    private const int Window = 64 << 10;
    private const int BadSector = 4096;
    private readonly byte[] _head = new byte[FrameHeader.Size + FormatLimits.ChunkPrefix];
    private byte[]? _window;

    /// <summary>Where the frame that <see cref="Next"/> found begins.</summary>
    public long Offset { get; private set; }
    public FrameHeader Header { get; private set; }

    /// <summary>The first bytes of a clear frame's payload; zeros past the frame's end.</summary>
    public ReadOnlySpan<byte> PayloadHead => _head.AsSpan(FrameHeader.Size);

    /// <summary>First byte after the last frame found.</summary>
    public long End { get; private set; }

    /// <summary>Bytes between frames that are no frames; what follows the last frame not counted.</summary>
    public long Skipped { get; private set; }

    public bool Next()
    {
        var at = IsFrame(End) ? End : Search(End + FrameHeader.Alignment);
        if (at < 0) return false;
        Skipped += at - End;
        Offset = at;
        End = at + Header.TotalLength;
        return true;
    }

    /// <summary>True for a part that ends before its description was stored, be it within its first frame; false for one that cannot be read.</summary>
    public static bool IsTornStart(IPartReader part)
    {
        Span<byte> start = stackalloc byte[FrameHeader.Size];
        start = start[..(int)Math.Min(start.Length, part.Length)];
        if (!new FrameWalker(part, 0).TryRead(0, start)) return false;
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, FrameHeader.Magic);
        if (start.CommonPrefixLength(magic) < Math.Min(start.Length, magic.Length)) return false;
        if (part.Length < ImageHeader.FrameSize) return true;
        if (part.Length > ImageHeader.SpareOffset + ImageHeader.FrameSize + FrameHeader.Total(FormatLimits.MaxDescription + FormatLimits.TagSize)) return false;
        if (PartSet.ReadHeader(part, 0) is not { } header) return false;
        var walker = new FrameWalker(part, header.Seed);
        // A frame that cannot be read now is no frame that never was.
        var window = new byte[Window];
        for (long at = 0; at < part.Length; at += Window)
        {
            if (!walker.TryRead(at, window.AsSpan(0, (int)Math.Min(Window, part.Length - at)))) return false;
        }
        while (walker.Next())
        {
            if (walker.Header.Type is not (FrameType.Header or FrameType.Padding)) return false;
        }
        return true;
    }

    private bool IsFrame(long offset)
    {
        if (offset > part.Length - FrameHeader.Size) return false;
        var length = (int)Math.Min(_head.Length, part.Length - offset);
        _head.AsSpan(length).Clear();
        if (!TryRead(offset, _head.AsSpan(0, length)) || !FrameHeader.TryParse(_head, seed, out var header)) return false;
        if (header.TotalLength > part.Length - offset) return false;
        Header = header;
        return true;
    }

    private long Search(long offset)
    {
        var window = _window ??= new byte[Window];
        while (offset <= part.Length - FrameHeader.Size)
        {
            var length = (int)Math.Min(window.Length, part.Length - offset) & -FrameHeader.Alignment;
            if (!TryRead(offset, window.AsSpan(0, length)))
            {
                offset += BadSector;
                continue;
            }
            for (var i = 0; i < length; i += FrameHeader.Alignment)
            {
                if (BinaryPrimitives.ReadUInt32LittleEndian(window.AsSpan(i)) == FrameHeader.Magic && IsFrame(offset + i)) return offset + i;
            }
            offset += length;
        }
        return -1;
    }

    private bool TryRead(long offset, Span<byte> buffer)
    {
        try
        {
            part.Read(offset, buffer);
            return true;
        }
        catch (BlockReadException)
        {
            return false;
        }
    }
}
