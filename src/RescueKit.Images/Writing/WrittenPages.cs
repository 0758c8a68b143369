using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Writing;

/// <summary>
/// The directory of an image under way: one small row for each region. Pages themselves lie in the image and are read back when
/// a region is begun again.
/// </summary>
internal sealed class WrittenPages(IImageStore store, string name, ImageGeometry geometry, uint seed, SessionKeys? keys) : IDisposable
{
    private readonly DirectoryRow[] _rows = new DirectoryRow[geometry.RegionCount];
    private readonly byte[] _run = new byte[geometry.RegionCount];
    private readonly FrameFetcher _fetcher = new(seed, keys);
    private IPartReader? _reader;
    private int _readerPart;
    private (int Part, long Length) _visible;

    private const byte OfEarlierRun = 0, Pending = 1, Finished = 2;

    public ReadOnlySpan<DirectoryRow> Rows => _rows;
    public PageTotals Totals { get; private set; }

    /// <summary>For a resumed image: a page that an earlier run wrote.</summary>
    public void RecordEarlier(int region, FrameLocation page) => _rows[region] = new DirectoryRow(page, default);

    public bool IsOfThisRun(int region) => _run[region] != OfEarlierRun;

    /// <summary>The region's page as last written; null where there is none.</summary>
    public RegionPage? Load(int region, FrameAppender appender)
    {
        var at = _rows[region].Page;
        return at.IsNone ? null : RegionPageFormat.Parse(
            _fetcher.Fetch(Reader(at, appender), at, FrameType.RegionPage, FormatLimits.MaxPayload, out _), geometry);
    }

    /// <summary>True where the frame at a location is whole and holds a chunk of this digest.</summary>
    public bool Holds(in ChunkDigest digest, FrameLocation at, FrameAppender appender)
    {
        try
        {
            var payload = _fetcher.Fetch(Reader(at, appender), at, FrameType.Chunk, FormatLimits.MaxChunkPayload(geometry.ChunkSize), out _);
            return payload.Length >= FormatLimits.ChunkPrefix && ChunkDigest.FromBytes(payload[8..]) == digest;
        }
        catch (ImageDamagedException)
        {
            return false;
        }
    }

    /// <param name="earlier">The page that this one supersedes.</param>
    public void Record(RegionPage page, FrameLocation at, RegionPage? earlier)
    {
        if (earlier is not null && IsOfThisRun(page.Region)) Totals = Totals.Minus(PageTotals.Of(earlier));
        Set(page, at);
    }

    /// <summary>Keeps an earlier page that says exactly the same, locations included.</summary>
    public bool KeepIfEqual(RegionPage earlier, RegionPage page)
    {
        if (IsOfThisRun(page.Region) || earlier.IsRebuilt || !earlier.Used.Equals(page.Used) || !earlier.Unreadable.Equals(page.Unreadable)
            || !earlier.Excluded.Equals(page.Excluded)) return false;
        for (var i = 0; i < page.ChunkCount; i++)
        {
            if (earlier.State(i) != page.State(i) || earlier.StoredDigest(i) != page.StoredDigest(i) || earlier.Location(i) != page.Location(i)) return false;
        }
        Set(page, _rows[page.Region].Page);
        return true;
    }

    public void RefuseUnfinished()
    {
        var region = _run.AsSpan().IndexOfAnyExcept(Finished);
        if (region >= 0)
            throw new InvalidOperationException($"region {region} {(_run[region] == Pending ? "has pending chunks" : "was not run over")}");
    }

    public void Dispose()
    {
        _fetcher.Dispose();
        _reader?.Dispose();
    }

    private void Set(RegionPage page, FrameLocation at)
    {
        var totals = PageTotals.Of(page);
        Totals = Totals.Plus(totals);
        _run[page.Region] = totals.PendingChunks == 0 ? Finished : Pending;
        _rows[page.Region] = new DirectoryRow(at, ImageDigests.OfRegion(page));
    }

    private IPartReader Reader(FrameLocation at, FrameAppender appender)
    {
        // What was appended need not be visible to a reader before it is flushed.
        if (at.Part == appender.Part && (_visible.Part != at.Part || at.Offset >= _visible.Length))
        {
            appender.Flush();
            _visible = (at.Part, appender.Position);
            _readerPart = 0;
        }
        if (_readerPart != at.Part)
        {
            _reader?.Dispose();
            _reader = store.OpenRead(PartNames.Of(name, at.Part));
            _readerPart = at.Part;
        }
        return _reader!;
    }
}
