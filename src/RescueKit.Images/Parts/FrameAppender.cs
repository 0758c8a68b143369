using RescueKit.Images.Codecs;
using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Parts;

/// <summary>Where an appender goes on. For a new image: part 1, nothing written.</summary>
internal sealed record AppendPosition(int Part, long Offset, ulong NextSequence, IReadOnlyList<long> ClosedParts)
{
    public static AppendPosition Start { get; } = new(1, 0, 1, []);
}

/// <summary>Numbers, seals and appends frames to the current part, and begins the next one. One thread.</summary>
internal sealed class FrameAppender : IDisposable
{
    private readonly IImageStore _store;
    private readonly string _name;
    private readonly ImageHeader _header;
    private readonly FrameCipher? _cipher;
    private readonly FrameBuilder _builder = new();
    private readonly List<long> _closedParts;
    private readonly Action<ushort, ulong>? _nonceUsed;
    private readonly uint _seed;
    private IPartWriter _part;
    private long _closedBytes;

    /// <summary>Opens the part at the position and appends a header frame: a new session begins.</summary>
    /// <param name="header">Template; the part number is filled in.</param>
    public FrameAppender(IImageStore store, string name, ImageHeader header, FrameCipher? cipher, AppendPosition at, long? splitBytes,
        Action<ushort, ulong>? nonceUsed)
    {
        (_store, _name, _header, _cipher, _nonceUsed, SplitBytes) = (store, name, header, cipher, nonceUsed, splitBytes);
        _seed = header.Seed;
        _closedParts = [.. at.ClosedParts];
        _closedBytes = _closedParts.Sum();
        Part = at.Part;
        NextSequence = at.NextSequence;
        var partName = PartNames.Of(name, Part);
        _part = at.Offset == 0 ? store.Create(partName) : store.OpenAppend(partName, at.Offset);
        AppendHeader();
    }

    public long? SplitBytes { get; }
    public int Part { get; private set; }
    public long Position => _part.Length;
    public ulong NextSequence { get; private set; }
    public IReadOnlyList<long> ClosedParts => _closedParts;
    public long AppendedBytes => _closedBytes + _part.Length;
    public long DurableBytes => _closedBytes + _part.DurableBytes;

    /// <summary>False where a frame of this payload, and what has to follow it in the part, would pass the part's limit.</summary>
    public bool Fits(long payloadLength, long reserve) =>
        SplitBytes is not { } limit || Position + FrameSize(payloadLength) + reserve <= limit;

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
        _closedParts.Add(_part.Length);
        _closedBytes += _part.Length;
        _part.Dispose();
        Part++;
        _part = _store.Create(PartNames.Of(_name, Part));
        AppendHeader();
    }

    public void Dispose()
    {
        _part.Dispose();
        _cipher?.Dispose();
    }
}
