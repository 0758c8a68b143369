using RescueKit.Images.Chunks;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Images.Writing;
using RescueKit.Model;

namespace RescueKit.Images;

/// <summary>
/// Appends one image to a store. Calls come from one thread, except <see cref="MayBeStored"/>. Order of use: for each region in
/// ascending order BeginRegion, Put for its chunks, EndRegion; then Complete. A region that was ended with pending chunks may be begun
/// again later (second pass over bad areas). After any exception the writer is poisoned: only Dispose is allowed, and the
/// image stays resumable.
/// </summary>
/// <remarks>Format: Format/FORMAT.md.</remarks>
public sealed class ImageWriter : IDisposable
{
    private readonly WriterStart _start;
    private readonly FrameAppender _appender;
    private readonly WrittenPages _pages;
    private readonly PageCopies _copies;
    private readonly ImageGeometry _geometry;
    private readonly FrameBuilder _builder = new();
    private readonly DedupeTable _stored = new();
    private readonly EncodedChunkPool _pool;
    private readonly ChunkEncoder _fallback;
    private PartContents _partContents;
    private RegionPage? _region;
    private volatile RegionPage? _earlier;
    private long _reserve;
    private long _chunkFrames;
    private bool _poisoned;

    internal ImageWriter(WriterStart start)
    {
        _start = start;
        (_appender, _pages, _geometry) = (start.Appender, start.Pages, start.Description.Geometry);
        _copies = new PageCopies(_appender);
        _pool = new EncodedChunkPool(_geometry.ChunkSize);
        _fallback = NewEncoder();
        _partContents = new PartContents();
        _chunkFrames = start.EarlierChunkFrames;
    }

    /// <summary>Files of a store that have the name of this image or of a part of it, whatever they are: a new image needs a place without any.</summary>
    public static IReadOnlyList<string> FilesInTheWay(IImageStore store, string name) => [.. PartNames.Present(store, name).Select(file => file.Name)];

    /// <summary>Begins a new image; writes and syncs the header and the description.</summary>
    /// <exception cref="UsageException">An option out of range.</exception>
    /// <exception cref="SafetyException">There is a file with the name of one of its parts.</exception>
    public static ImageWriter Create(IImageStore store, string name, ImageDescription description, ImageWriterOptions options) =>
        new(WriterStart.Create(store, name, description, options));

    /// <summary>
    /// Goes on with an image that was not completed: scans it, cuts a torn tail, opens a new session. The caller has to run over the
    /// whole source again; chunks whose digest equals the stored one are kept (Put finds that out). Codec, chunk size and
    /// encryption stay the image's: options that ask for others are refused. The level may change.
    /// </summary>
    /// <exception cref="ImageException">Not an image, complete already, hot, of another disk, other options, parts missing, wrong passphrase.</exception>
    /// <exception cref="SafetyException">Another run writes to it, or a file that is no part of it bears the name of one.</exception>
    public static ImageWriter Resume(IImageStore store, string name, ImageDescription description, ImageWriterOptions options) =>
        new(WriterStart.Resume(store, name, description, options));

    public Guid ImageId => _start.Header.ImageId;
    public int ChunkSize => _geometry.ChunkSize;

    /// <summary>Bytes of disk covered by one region (chunk size × chunks per region).</summary>
    public long RegionBytes => _geometry.RegionBytes;
    public int RegionCount => _geometry.RegionCount;

    /// <summary>Makes an encoder for one worker thread.</summary>
    public ChunkEncoder NewEncoder() =>
        new(this, _pool, _geometry, _start.Description.Codec, _start.Description.Level, withCrc: !_start.Header.IsEncrypted);

    /// <param name="used">Disk offsets, clipped to the region: what is in use and to be imaged.</param>
    /// <param name="excluded">Disk offsets: in use, but left out on request; disjoint from <paramref name="used"/>.</param>
    public void BeginRegion(int region, ExtentSet used, ExtentSet excluded)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(region);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(region, RegionCount);
        var range = _geometry.RegionRange(region);
        foreach (var set in (ReadOnlySpan<ExtentSet>)[used, excluded])
        {
            if (!set.IsEmpty && !range.Contains(Extent.FromTo(set[0].Offset, set[^1].End)))
                throw new ArgumentException($"{set} does not lie in region {region}, {range}");
        }
        if (!used.Intersect(excluded).IsEmpty) throw new ArgumentException("bytes cannot be both imaged and excluded", nameof(excluded));
        if (_region is not null) throw new InvalidOperationException($"region {_region.Region} has not been ended");
        Begin();
        var page = new RegionPage(_geometry, region) { Used = used, Excluded = excluded };
        var earlier = _pages.Load(region, _appender);
        if (earlier is not null && _pages.IsOfThisRun(region)) TakeOver(earlier, page);
        _copies.Forget(region);
        SettleStates(page);
        RegionPageFormat.Write(_builder.Clear(), page, checkpoint: false);
        _reserve = _appender.FrameSize(_builder.PayloadLength + page.ChunkCount * (RegionPageFormat.MaxRowSize + 3L)) + _appender.FrameSize(PartTrailerFormat.Size);
        // Without this room not even a checkpoint would fit, should the region's first chunk begin another part.
        MakeRoom(0, _reserve);
        _earlier = earlier;
        _region = page;
        Commit();
    }

    /// <summary>Stores a chunk of the region that was begun; may be called in any order within it. Disposes the chunk.</summary>
    public void Put(EncodedChunk chunk)
    {
        using (chunk)
        {
            var page = _region ?? throw new InvalidOperationException("no region has been begun");
            var index = (int)Math.Clamp(chunk.Chunk - page.FirstChunk, -1, page.ChunkCount);
            if (index < 0 || index >= page.ChunkCount) throw new ArgumentException($"chunk {chunk.Chunk} does not lie in region {page.Region}", nameof(chunk));
            if (!page.Used.Overlaps(page.ChunkRange(index))) throw new ArgumentException($"no byte of chunk {chunk.Chunk} is in use", nameof(chunk));
            Begin();
            if (chunk.IsZero) page.SetState(index, ChunkState.Zero);
            else page.SetData(index, chunk.Digest, Locate(chunk, page, index));
            Commit();
        }
    }

    /// <summary>
    /// Records chunks of the region that was begun as zero without looking at them (their used bytes lie in holes of the source). Costs
    /// nothing per chunk worth speaking of: a sparse disk has millions.
    /// </summary>
    public void PutZeros(long firstChunk, int count)
    {
        var page = _region ?? throw new InvalidOperationException("no region has been begun");
        var first = firstChunk - page.FirstChunk;
        if (first < 0 || count < 0 || first > page.ChunkCount - count)
            throw new ArgumentException($"chunks {firstChunk} to {firstChunk + count - 1} do not lie in region {page.Region}", nameof(firstChunk));
        for (var i = (int)first; i < first + count; i++) page.SetState(i, ChunkState.Zero);
    }

    /// <summary>
    /// Writes the region's page. Chunks with used bytes that were not Put are recorded as pending, or as unreadable where
    /// <paramref name="unreadable"/> covers all their used bytes.
    /// </summary>
    public void EndRegion(ExtentSet unreadable)
    {
        var page = _region ?? throw new InvalidOperationException("no region has been begun");
        if (!page.Used.IsSupersetOf(unreadable)) throw new ArgumentException("unreadable bytes must be in use", nameof(unreadable));
        Begin();
        page.Unreadable = unreadable;
        SettleStates(page);
        AppendDueCopies(_reserve);
        if (_earlier is null || !_pages.KeepIfEqual(_earlier, page, _appender)) WritePage(page, _earlier);
        if (!_pages.HasCopy(page.Region)) _copies.Add(page, _pages.PageOf(page.Region));
        _region = null;
        _earlier = null;
        Commit();
    }

    /// <summary>True where a chunk with this digest can probably be referenced instead of stored (any thread; a hint only).</summary>
    public bool MayBeStored(in ChunkDigest digest) => _stored.MayContain(digest);

    /// <summary>Compressed bytes appended, and how many of them have reached stable storage.</summary>
    public long AppendedBytes => _appender.AppendedBytes;
    public long DurableBytes => _appender.DurableBytes;

    /// <summary>
    /// Data → sync → seal and directory → sync → footers → sync. No region may have pending chunks. To be called when the disk was found
    /// unaltered: without the seal nobody takes the image for complete, though each of its regions may be there.
    /// </summary>
    public ImageSummary Complete()
    {
        if (_region is not null) throw new InvalidOperationException($"region {_region.Region} has not been ended");
        _pages.RefuseUnfinished();
        Begin();
        var reserve = _appender.FrameSize(PartTrailerFormat.Size);
        if (_copies.IsLastTooNear)
        {
            MakeRoom(FormatLimits.SpareDistance, reserve);
            _appender.AppendPadding();
        }
        AppendDueCopies(reserve);
        var summary = new ImageEnding(_start, MakeRoom, _chunkFrames).Write();
        // The writer stays poisoned: a complete image takes no more.
        return summary;
    }

    /// <summary>For encoders: as <see cref="MayBeStored"/>, and whether a resumed image holds this very chunk.</summary>
    internal bool IsProbablyStored(long chunk, in ChunkDigest digest)
    {
        if (_stored.MayContain(digest)) return true;
        var earlier = _earlier;
        var index = earlier is null ? -1 : chunk - earlier.FirstChunk;
        return index >= 0 && index < earlier!.ChunkCount && earlier.State((int)index) == ChunkState.Data && earlier.StoredDigest((int)index) == digest;
    }

    /// <summary>For tests: as if the part had been changed.</summary>
    internal void ForgetStored() => _stored.Clear();

    public void Dispose()
    {
        _poisoned = true;
        _fallback.Dispose();
        _pool.Dispose();
        _stored.Dispose();
        _start.Dispose();
    }

    private void Begin()
    {
        if (_poisoned) throw new InvalidOperationException("the image writer failed, was completed or was disposed");
        _poisoned = true;
    }

    private void Commit() => _poisoned = false;

    private void WritePage(RegionPage page, RegionPage? earlier)
    {
        RegionPageFormat.Write(_builder.Clear(), page, checkpoint: false);
        MakeRoom(_builder.PayloadLength, _appender.FrameSize(PartTrailerFormat.Size));
        // Making room may have used the builder.
        RegionPageFormat.Write(_builder.Clear(), page, checkpoint: false);
        _pages.Record(page, _appender.Append(FrameType.RegionPage, _builder), earlier);
        _partContents.AddRegion(page.Region);
    }

    private void AppendDueCopies(long reserve)
    {
        while (_copies.NextDue() is { } copy)
        {
            MakeRoom(copy.Payload.PayloadLength, reserve);
            _pages.RecordCopy(copy.Region, _appender.Append(FrameType.RegionPage, copy.Payload));
            _partContents.AddRegion(copy.Region);
            _copies.Done(copy);
        }
    }

    private FrameLocation Locate(EncodedChunk chunk, RegionPage page, int index)
    {
        if (_stored.TryFind(chunk.Digest, _appender.Part, out var location)) return location;
        var earlier = _earlier;
        if (earlier?.State(index) == ChunkState.Data && earlier.StoredDigest(index) == chunk.Digest && _pages.Holds(chunk.Digest, earlier.Location(index), page.ChunkRange(index).Length, _appender))
        {
            location = earlier.Location(index);
            if (location.Part == _appender.Part) _stored.Add(chunk.Digest, location);
            return location;
        }
        if (!chunk.IsUncompressed) return Append(chunk);
        using var compressed = _pool.Rent(chunk.Chunk);
        _fallback.Compress(chunk, compressed);
        return Append(compressed);
    }

    private FrameLocation Append(EncodedChunk chunk)
    {
        MakeRoom(chunk.PayloadLength, _reserve);
        var location = _appender.Append(FrameType.Chunk, chunk.Frame, chunk.PayloadLength, chunk.Codec, chunk.ContentLength, chunk.PayloadCrc);
        _stored.Add(chunk.Digest, location);
        _partContents.AddChunk(chunk.Chunk);
        _chunkFrames++;
        return location;
    }

    /// <summary>Begins the next part where a frame and what must follow it would not fit this one.</summary>
    private void MakeRoom(long payloadLength, long reserve)
    {
        if (_appender.Fits(payloadLength, reserve)) return;
        if (_region is { } page) AppendCheckpoint(page);
        _partContents.ToTrailer(_appender.Part).Write(_builder.Clear());
        _appender.Append(FrameType.PartTrailer, _builder);
        _appender.NextPart();
        _stored.Clear();
        _partContents = new PartContents();
        if (!_appender.Fits(payloadLength, reserve))
            throw new UsageException($"a part of {_appender.SplitBytes} bytes cannot hold a frame of {payloadLength} bytes", "use a larger --split size");
    }

    /// <summary>So that a part alone tells what its chunks are, should the one with the region's final page be lost.</summary>
    private void AppendCheckpoint(RegionPage page)
    {
        // Room was kept for the rows; losses, known at the region's end, are the final page's to tell.
        var unreadable = page.Unreadable;
        page.Unreadable = ExtentSet.Empty;
        RegionPageFormat.Write(_builder.Clear(), page, checkpoint: true);
        page.Unreadable = unreadable;
        _appender.Append(FrameType.RegionPage, _builder);
        _partContents.AddRegion(page.Region);
    }

    /// <summary>A second pass of the same run: what was stored counts as stored.</summary>
    private static void TakeOver(RegionPage earlier, RegionPage page)
    {
        var used = page.ChunksTouching(page.Used);
        for (var i = 0; i < page.ChunkCount; i++)
        {
            if (!used[i]) continue;
            if (earlier.State(i) == ChunkState.Data) page.SetData(i, earlier.StoredDigest(i), earlier.Location(i));
            else if (earlier.State(i) == ChunkState.Zero) page.SetState(i, ChunkState.Zero);
        }
    }

    private static void SettleStates(RegionPage page)
    {
        var used = page.ChunksTouching(page.Used);
        var excluded = page.ChunksTouching(page.Excluded);
        var readable = page.Unreadable.IsEmpty ? used : page.ChunksTouching(page.Used.Except(page.Unreadable));
        for (var i = 0; i < page.ChunkCount; i++)
        {
            if (!used[i]) page.SetState(i, excluded[i] ? ChunkState.Excluded : ChunkState.Unallocated);
            else if (!readable[i]) page.SetState(i, ChunkState.Unreadable);
        }
    }
}

/// <summary>Totals of a finished image. Bytes, unless the name says chunks.</summary>
/// <param name="StoredBytes">All parts together.</param>
public sealed record ImageSummary(
    Guid ImageId, ChunkDigest RootDigest, int Parts, long StoredBytes, long UsedBytes, long UnreadableBytes, long ExcludedBytes,
    long DataChunks, long ZeroChunks, long DuplicateChunks);
