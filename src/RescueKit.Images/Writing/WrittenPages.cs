using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Images.Reading;
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
    private byte[]? _content;
    private int _readerPart;
    private (int Part, long Length) _visible;

    private const byte OfEarlierRun = 0, Pending = 1, Finished = 2;

    public ReadOnlySpan<DirectoryRow> Rows => _rows;
    public PageTotals Totals { get; private set; }

    /// <summary>For a resumed image: chunks that no page tells of.</summary>
    public IReadOnlyDictionary<int, List<LooseChunk>> Earlier { get; init; } = new Dictionary<int, List<LooseChunk>>();

    /// <summary>For a resumed image: a page that an earlier run wrote.</summary>
    public void RecordEarlier(int region, FrameLocation page) => _rows[region] = new DirectoryRow(page, default);

    public bool IsOfThisRun(int region) => _run[region] != OfEarlierRun;

    /// <summary>What is stored of a region: its page as last written, and chunks behind it; null where there is nothing.</summary>
    public RegionPage? Load(int region, FrameAppender appender)
    {
        var at = _rows[region].Page;
        if (IsOfThisRun(region)) return Fetch(at, appender);
        Earlier.TryGetValue(region, out var loose);
        RegionPage? page = null;
        try
        {
            if (!at.IsNone) page = Fetch(at, appender);
            // A final page with nothing behind it may stand as it is.
            if (page is not null && loose is null && page.Region == region) return page;
            if (page?.Region != region) page = null;
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            // What an earlier run left is a saving, not a need: without it the chunks are stored anew.
        }
        return page is null && loose is null ? null : PageRebuild.Of(page, geometry, region, loose);
    }

    /// <summary>True where the frame at a location is whole and decodes to a chunk of this digest.</summary>
    public bool Holds(in ChunkDigest digest, FrameLocation at, long length, FrameAppender appender)
    {
        try
        {
            if (at.Part > appender.Part) return false;
            _content ??= new byte[geometry.ChunkSize];
            _fetcher.FetchChunk(Reader(at, appender), at, digest, _content.AsSpan(0, (int)length), checkCrc: true);
            return true;
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
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

    private RegionPage Fetch(FrameLocation at, FrameAppender appender) =>
        RegionPageFormat.Parse(_fetcher.Fetch(Reader(at, appender), at, FrameType.RegionPage, FormatLimits.MaxPayload, out _), geometry);

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
