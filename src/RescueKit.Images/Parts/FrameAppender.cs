using RescueKit.Images.Codecs;
using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Parts;

/// <summary>Where an appender goes on. For a new image: part 1, nothing written.</summary>
/// <param name="Exists">There is a file of that part; what it holds from the offset on is nothing of value.</param>
internal sealed record AppendPosition(int Part, long Offset, bool Exists, ulong NextSequence, IReadOnlyList<long> ClosedParts)
{
    public static AppendPosition Start { get; } = new(1, 0, true, 1, []);
}

/// <summary>
/// Numbers, seals and appends frames to the current part, and begins the next one. One thread. The first part stays open, whichever
/// part is the current one: whoever holds it is the only one that writes to the image.
/// </summary>
internal sealed class FrameAppender : IDisposable
{
    /// <summary>The part of a power of two on either side of it where a limit may lie.</summary>
    private const long MarkMargin = 2048;

    private readonly IImageStore _store;
    private readonly string _name;
    private readonly ImageHeader _header;
    private readonly FrameCipher? _cipher;
    private readonly FrameBuilder _builder = new();
    private readonly List<long> _closedParts;
    private readonly Action<ushort, ulong>? _nonceUsed;
    private readonly uint _seed;
    private readonly IPartWriter _first;
    private IPartWriter _part;
    private long _mark;
    private long _closedBytes;

    /// <summary>Opens the part at the position, cuts what lies behind, and appends a header frame: a new session begins.</summary>
    /// <param name="first">The first part; owned by the appender once it is made.</param>
    /// <param name="header">Template; the part number is filled in.</param>
    public FrameAppender(IImageStore store, string name, IPartWriter first, ImageHeader header, FrameCipher? cipher, AppendPosition at,
        long? splitBytes, WriterHooks hooks)
    {
        (_store, _name, _header, _cipher, _nonceUsed, SplitBytes, _mark) = (store, name, header, cipher, hooks.NonceUsed, splitBytes, hooks.FirstMark);
        _seed = header.Seed;
        _closedParts = [.. at.ClosedParts];
        _closedBytes = _closedParts.Sum();
        Part = at.Part;
        NextSequence = at.NextSequence;
        var partName = PartNames.Of(name, Part);
        _first = first;
        _part = Part == 1 ? first : at.Exists ? store.OpenAppend(partName) : store.Create(partName);
        try
        {
            if (_part.Length > at.Offset) _part.Cut(at.Offset);
            AppendHeader();
        }
        catch
        {
            if (_part != first) _part.Dispose();
            throw;
        }
    }

    /// <summary>The largest part: what was asked for, or less where the store turns out to allow less; null for no limit known.</summary>
    public long? SplitBytes { get; private set; }
    public int Part { get; private set; }
    public long Position => _part.Length;
    public ulong NextSequence { get; private set; }
    public IReadOnlyList<long> ClosedParts => _closedParts;
    public long AppendedBytes => _closedBytes + _part.Length;
    public long DurableBytes => _closedBytes + _part.DurableBytes;

    /// <summary>False where a frame of this payload, and what has to follow it in the part, would pass the part's limit.</summary>
    public bool Fits(long payloadLength, long reserve)
    {
        var end = Position + FrameSize(payloadLength) + reserve;
        return !(end > SplitBytes) && Reaches(end);
    }

    /// <summary>
    /// Asks the store before a part comes near a power of two: where file systems limit a file without saying so (FAT behind FUSE,
    /// CIFS or 9p: 4 GiB) the limit is one. Found out in time, the part still has room for what must end it.
    /// </summary>
    private bool Reaches(long end)
    {
        while (end > _mark - _mark / MarkMargin)
        {
            if (!_part.CanHold(Math.Max(end, _mark + _mark / MarkMargin)))
            {
                SplitBytes = _mark - _mark / MarkMargin;
                return false;
            }
            _mark *= 2;
        }
        return true;
    }

    /// <summary>The room that a payload takes as a frame, its tag and padding included.</summary>
    public long FrameSize(long payloadLength) => FrameHeader.Total((int)payloadLength + (_cipher is null ? 0 : FormatLimits.TagSize));

    public FrameLocation Append(FrameType type, FrameBuilder frame) => Append(type, frame.Frame, frame.PayloadLength, CodecKind.None, frame.PayloadLength, null);

    /// <param name="frame">Room for the header, the payload, and <see cref="FrameBuilder.Slack"/>; overwritten by the sealed frame.</param>
    /// <param name="crc">Of the payload, where the caller has it already.</param>
    public FrameLocation Append(FrameType type, Span<byte> frame, int payloadLength, CodecKind codec, int contentLength, uint? crc)
    {
        var sealing = _cipher is not null && type is not (FrameType.Header or FrameType.Padding);
        var payload = frame.Slice(FrameHeader.Size, payloadLength);
        var stored = payloadLength + (sealing ? FormatLimits.TagSize : 0);
        var header = new FrameHeader(type, codec, _header.Session, stored, contentLength, NextSequence++, sealing ? 0 : crc ?? Crc32C.Of(payload));
        header.Write(frame, type == FrameType.Header ? 0 : _seed);
        var offset = _part.Length;
        if (sealing)
        {
            _nonceUsed?.Invoke(_header.Session, header.Sequence);
            _cipher!.Seal(Part, offset, frame, header.Sequence, payload, frame.Slice(FrameHeader.Size + payloadLength, FormatLimits.TagSize));
        }
        var total = (int)header.TotalLength;
        frame[(FrameHeader.Size + stored)..total].Clear();
        _part.Append(frame[..total]);
        return new FrameLocation(Part, stored, offset);
    }

    public void AppendHeader()
    {
        (_header with { Part = Part }).Write(_builder.Clear());
        Append(FrameType.Header, _builder);
    }

    /// <summary>Keeps what comes next away from what came before, so that no bad sector hits both.</summary>
    public void AppendPadding() => Append(FrameType.Padding, _builder.Clear().Zeros(FormatLimits.SpareDistance - FrameHeader.Size));

    public void Flush() => _part.Flush();

    /// <summary>Syncs and closes the part and begins the next one.</summary>
    public void NextPart()
    {
        if (Part == FormatLimits.MaxParts)
            throw new NoSpaceException($"{_name} would need more than {FormatLimits.MaxParts} parts", "start again with a larger --split size");
        _part.Flush();
        var next = _store.Create(PartNames.Of(_name, Part + 1));
        _closedParts.Add(_part.Length);
        _closedBytes += _part.Length;
        if (_part != _first) _part.Dispose();
        _part = next;
        Part++;
        AppendHeader();
        // So that no power cut can leave a part of which more than its header is not what was written.
        _part.Flush();
    }

    public void Dispose()
    {
        _part.Dispose();
        _first.Dispose();
        _cipher?.Dispose();
    }
}
