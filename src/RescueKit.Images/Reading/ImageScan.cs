using System.Buffers.Binary;
using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>A chunk frame that no page tells of.</summary>
internal readonly record struct LooseChunk(long Chunk, ChunkDigest Digest, FrameLocation Location);

/// <summary>
/// What all frames of an image tell without footers and index: the newest page of each region, chunks written after it, sessions,
/// description, and where each part ends. Frames count in the order of their sequence numbers; one out of order is ignored.
/// </summary>
internal sealed class ImageScan : IDisposable
{
    /// <summary>A region's worth of loose chunks is usual; more are let go, so that memory stays bounded.</summary>
    private const int MaxLoose = 128 << 10;

    private readonly PartSet _parts;
    private readonly FrameFetcher _fetcher;
    private readonly Dictionary<int, List<LooseChunk>> _loose = [];
    private ulong _lastSequence;
    private ulong _lastContentSequence;
    private ulong _indexSequence;
    private ulong _sealSequence;
    private ushort _sealSession;
    private int _looseCount;

    private ImageScan(PartSet parts, ImageHeader header, MasterKey? master)
    {
        (_parts, Header) = (parts, header);
        Keys = master is null ? null : new SessionKeys(master);
        _fetcher = new FrameFetcher(header.Seed, Keys);
    }

    public ImageHeader Header { get; }
    public SessionKeys? Keys { get; }
    public SortedDictionary<ushort, byte[]> Sessions { get; } = [];
    public DescriptionFormat? Description { get; private set; }
    public FrameLocation DescriptionAt { get; private set; }
    public ChunkDigest DescriptionDigest { get; private set; }

    /// <summary>Of each region; none where no page was found.</summary>
    public FrameLocation[] Pages { get; private set; } = [];

    /// <summary>Of each region the page before the newest: its copy where both say the same, which their digests tell.</summary>
    public FrameLocation[] Copies { get; private set; } = [];
    public IReadOnlyDictionary<int, List<LooseChunk>> Loose => _loose;
    public long ChunkFrames { get; private set; }
    public ulong NextSequence => _lastSequence + 1;

    /// <summary>What was passed over; each a sentence.</summary>
    public List<string> Repairs { get; } = [];

    /// <summary>The highest part that is known to have existed.</summary>
    public int PartCount { get; private set; }

    /// <summary>End of the last frame of the highest part that is there, 0 where it holds none.</summary>
    public long End { get; private set; }

    /// <summary>True where the highest part that is there ends with a trailer: another one followed, or was about to.</summary>
    public bool EndsWithTrailer { get; private set; }

    /// <summary>An index behind which no chunk or page was written.</summary>
    public IndexFormat? Index { get; private set; }

    /// <summary>
    /// The root digest that a seal, an index or a footer vouches for; null where there is none, or a chunk, a page or another session behind it.
    /// </summary>
    public ChunkDigest? SealedRoot { get; private set; }

    /// <exception cref="NotAnImageException">No part has a header of an image.</exception>
    /// <exception cref="ImageDamagedException">No description is left.</exception>
    public static ImageScan Run(PartSet parts, Func<ReadOnlyMemory<byte>>? passphrase)
    {
        var header = parts.Header ?? (parts.Highest == 0 ? null : PartSet.FooterHeader(parts.Parts[parts.Highest])) ?? throw NoHeader(parts);
        var scan = new ImageScan(parts, header, KeyOpener.Open(header, passphrase, parts.Name));
        try
        {
            foreach (var known in parts.Headers) scan.AddSession(known);
            scan.AddSession(header);
            foreach (var part in parts.Parts) scan.FindDescription(part.Key, part.Value);
            if (scan.Description is null) throw new ImageDamagedException($"no description of the disk is left in {parts.Name}");
            foreach (var part in parts.Parts) scan.Walk(part.Key, part.Value);
            scan.DropBadLoose();
            return scan;
        }
        catch
        {
            scan.Dispose();
            throw;
        }
    }

    /// <summary>Leaves the keys to whoever took them over.</summary>
    public void Dispose() => _fetcher.Dispose();

    private static ImageException NoHeader(PartSet parts)
    {
        if (parts.Parts.Count == 0) return new NotAnImageException($"no part of {parts.Name} is an image");
        var first = parts.Parts.First().Value;
        Span<byte> magic = stackalloc byte[4];
        if (first.Length >= 4) first.Read(0, magic);
        return BinaryPrimitives.ReadUInt32LittleEndian(magic) == FrameHeader.Magic
            ? new ImageDamagedException($"the header of {first.Name} is damaged, and no copy of it was found")
            : new NotAnImageException($"{first.Name} is not a RescueKit image");
    }

    private void AddSession(ImageHeader header)
    {
        if (Sessions.Count < FormatLimits.MaxSessions && Sessions.TryAdd(header.Session, header.SessionSalt)) Keys?.Add(header.Session, header.SessionSalt);
    }

    /// <summary>Pages cannot be read before the geometry is known, and the description may be left in the last part only.</summary>
    private void FindDescription(int number, IPartReader part)
    {
        if (Description is not null) return;
        var walker = new FrameWalker(part, Header.Seed);
        while (Description is null && walker.Next())
        {
            if (walker.Header.Type == FrameType.Header) Visit(number, part, walker);
            else if (walker.Header.Type == FrameType.Description) ReadDescription(part, new FrameLocation(number, walker.Header.StoredLength, walker.Offset));
        }
        _lastSequence = 0;
    }

    private void Walk(int number, IPartReader part)
    {
        var walker = new FrameWalker(part, Header.Seed);
        var last = default(FrameType);
        while (walker.Next())
        {
            last = walker.Header.Type;
            if (walker.Header.Sequence <= _lastSequence) continue;
            _lastSequence = walker.Header.Sequence;
            Visit(number, part, walker);
        }
        if (walker.Skipped > 0) Repairs.Add($"{walker.Skipped} bytes of {part.Name} are no frames and were skipped.");
        End = walker.End;
        EndsWithTrailer = last == FrameType.PartTrailer;
        PartCount = EndsWithTrailer ? number + 1 : number;
    }

    private void Visit(int number, IPartReader part, FrameWalker walker)
    {
        var at = new FrameLocation(number, walker.Header.StoredLength, walker.Offset);
        try
        {
            switch (walker.Header.Type)
            {
                case FrameType.Header when PartSet.ReadHeader(part, walker.Offset) is { } header && header.ImageId == Header.ImageId:
                    AddSession(header);
                    break;
                case FrameType.Description:
                    ReadDescription(part, at);
                    break;
                case FrameType.RegionPage:
                    ReadPage(part, at, walker.Header.Sequence);
                    break;
                case FrameType.Chunk:
                    ReadChunk(part, at, walker);
                    break;
                case FrameType.Index:
                    Index = IndexFormat.Parse(_fetcher.Fetch(part, at, FrameType.Index, FormatLimits.MaxPayload, out _), Header.ImageId);
                    _indexSequence = walker.Header.Sequence;
                    Seal(Index.Summary.RootDigest, walker.Header);
                    break;
                case FrameType.Seal:
                    Seal(SealFormat.Parse(_fetcher.Fetch(part, at, FrameType.Seal, FormatLimits.MaxPayload, out _)), walker.Header);
                    break;
                case FrameType.Footer:
                    Seal(FooterFormat.Parse(_fetcher.Fetch(part, at, FrameType.Footer, FooterFormat.FrameSize, out _)).RootDigest, walker.Header);
                    break;
            }
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            // Lost to the scan, as if it were not there; what depended on it is found missing by whoever asks for it.
        }
        if (_lastContentSequence > _indexSequence) Index = null;
        if (_lastContentSequence > _sealSequence || walker.Header.Session != _sealSession) SealedRoot = null;
    }

    private void Seal(ChunkDigest root, FrameHeader frame) => (SealedRoot, _sealSequence, _sealSession) = (root, frame.Sequence, frame.Session);

    private void ReadDescription(IPartReader part, FrameLocation at)
    {
        try
        {
            var payload = _fetcher.Fetch(part, at, FrameType.Description, FormatLimits.MaxDescription, out _);
            var description = DescriptionFormat.Parse(payload);
            if (Description is null) (Pages, Copies) = (new FrameLocation[description.Geometry.RegionCount], new FrameLocation[description.Geometry.RegionCount]);
            else if (description.Geometry != Description.Geometry) return;
            DescriptionDigest = DescriptionFormat.DigestOf(payload);
            Description = description;
            DescriptionAt = at;
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            // Another copy is looked for.
        }
    }

    private void ReadPage(IPartReader part, FrameLocation at, ulong sequence)
    {
        _lastContentSequence = sequence;
        var page = RegionPageFormat.Parse(_fetcher.Fetch(part, at, FrameType.RegionPage, FormatLimits.MaxPayload, out _), Description!.Geometry);
        Copies[page.Region] = Pages[page.Region];
        Pages[page.Region] = at;
        if (_loose.Remove(page.Region, out var superseded)) _looseCount -= superseded.Count;
    }

    private void ReadChunk(IPartReader part, FrameLocation at, FrameWalker walker)
    {
        ChunkFrames++;
        _lastContentSequence = walker.Header.Sequence;
        var payload = Keys is null
            ? walker.PayloadHead
            : _fetcher.Fetch(part, at, FrameType.Chunk, FormatLimits.MaxChunkPayload(Description!.Geometry.ChunkSize), out _);
        if (payload.Length < FormatLimits.ChunkPrefix || at.StoredLength < FormatLimits.ChunkPrefix) return;
        var chunk = BinaryPrimitives.ReadInt64LittleEndian(payload);
        if ((ulong)chunk >= (ulong)Description!.Geometry.ChunkCount || _looseCount >= MaxLoose) return;
        var region = Description.Geometry.RegionOf(chunk);
        if (!_loose.TryGetValue(region, out var list)) _loose[region] = list = [];
        list.Add(new LooseChunk(chunk, ChunkDigest.FromBytes(payload[8..]), at));
        _looseCount++;
    }

    /// <summary>Number and digest of a loose chunk are all that places it, so its frame must be whole.</summary>
    private void DropBadLoose()
    {
        foreach (var (region, list) in _loose)
        {
            list.RemoveAll(loose => !IsWhole(loose));
            if (list.Count == 0) _loose.Remove(region);
        }
    }

    private bool IsWhole(LooseChunk loose)
    {
        try
        {
            var at = loose.Location;
            _fetcher.Fetch(_parts.Part(at.Part), at, FrameType.Chunk, FormatLimits.MaxChunkPayload(Description!.Geometry.ChunkSize), out _);
            return true;
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            return false;
        }
    }
}
