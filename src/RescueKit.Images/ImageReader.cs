using System.Collections.Concurrent;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Images.Reading;
using RescueKit.Model;

namespace RescueKit.Images;

/// <summary>Opens an image of one or more parts and gives random access to its chunks. Thread-safe after opening.</summary>
/// <remarks>Format: Format/FORMAT.md.</remarks>
public sealed class ImageReader : IDisposable
{
    private readonly PartSet _parts;
    private readonly ImageIndex _index;
    private readonly ConcurrentBag<FrameFetcher> _fetchers = [];
    private readonly Lazy<Func<int, SubstitutePage>> _substitutes;
    private readonly IReadOnlyList<string> _repairs;
    private volatile bool _copiesUsed;
    private volatile bool _disposed;

    private ImageReader(PartSet parts, ImageIndex index, Func<ReadOnlyMemory<byte>>? passphrase)
    {
        (_parts, _index) = (parts, index);
        _substitutes = new(() => new ScanOpener(parts, passphrase).Substitutes(Geometry));
        MissingParts = [.. Enumerable.Range(1, index.PartCount).Where(part => !parts.Parts.ContainsKey(part))];
        // In the place of a part a stranger is a fault; behind the last part it only lies about.
        _repairs = [.. parts.Repairs, .. parts.Strays.Where(stray => stray.Number <= index.PartCount).Select(stray => stray.Why)];
        LeftOut = [.. parts.Strays.Where(stray => stray.Number > index.PartCount).Select(stray => stray.Why)];
    }

    /// <summary>
    /// Opens by footer, never by a full scan, where the image is whole. Where the footers or the directory are lost the index is
    /// rebuilt by scanning (<see cref="Repairs"/> says so); where the image was never completed <see cref="IsComplete"/> is false.
    /// Parts that are missing are listed in <see cref="MissingParts"/>: their chunks fail when read, the others work.
    /// </summary>
    /// <param name="passphrase">Asked for only when the image is encrypted; UTF-8 bytes.</param>
    /// <exception cref="ImageException">See the derived types.</exception>
    public static ImageReader Open(IImageStore store, string name, Func<ReadOnlyMemory<byte>>? passphrase = null)
    {
        var parts = PartSet.Open(store, name);
        try
        {
            Func<ReadOnlyMemory<byte>>? once = passphrase is null ? null : new PassphraseOnce(passphrase).Get;
            var index = new FooterOpener(parts, once).TryOpen() ?? new ScanOpener(parts, once).Open();
            return new ImageReader(parts, index, once);
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    public Guid ImageId => _index.Header.ImageId;
    public ImageDescription Description => _index.Description.Description;
    public ParentLink? Parent => _index.Description.Parent;
    public bool IsComplete => _index.Summary is not null;
    public bool IsEncrypted => _index.Header.IsEncrypted;
    public Codecs.CodecKind Codec => _index.Description.Codec;

    /// <summary>Over description and all regions; all zero bytes while the image is not complete.</summary>
    public ChunkDigest RootDigest => _index.Summary?.RootDigest ?? default;

    /// <summary>Equal for equal content, whatever image, description or codec it lies in; all zero bytes while the image is not complete.</summary>
    public ChunkDigest ContentDigest => _index.ContentDigest;
    public ImageSummary? Summary => _index.Summary;
    public int ChunkSize => Geometry.ChunkSize;
    public long DiskLength => Geometry.DiskLength;
    public int RegionCount => Geometry.RegionCount;
    public long RegionBytes => Geometry.RegionBytes;
    public IReadOnlyList<int> MissingParts { get; }

    /// <summary>What had to be worked around to open it; each a sentence.</summary>
    public IReadOnlyList<string> Repairs =>
        _copiesUsed ? [.. _repairs, "Pages of the index are damaged or missing; their copies were used."] : _repairs;

    /// <summary>Files beside the image that have the name of a part and are none; each a sentence. The image lacks nothing for it.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>
    /// Reads and verifies one region's page. Small; callers keep as many as they need. Where the page is lost its copy serves; where both are, or
    /// none was written, it is put together from what is left (<see cref="RegionPage.IsRebuilt"/>), by a scan of the whole image, once.
    /// </summary>
    /// <exception cref="DeviceException">The storage is gone.</exception>
    public RegionPage ReadRegion(int region)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(region);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(region, RegionCount);
        var fetcher = RentFetcher();
        try
        {
            if (_index.Substitutes.TryGetValue(region, out var substitute)) return Rebuild(fetcher, region, substitute);
            var row = _index.Rows[region];
            if (row.Page.IsNone) return PageRebuild.Of(null, Geometry, region, null);
            if (TryFetch(fetcher, row.Page, region, row.Digest) is { } page) return page;
            if (TryFetch(fetcher, row.Copy, region, row.Digest) is { } copy)
            {
                _copiesUsed = true;
                return copy;
            }
            var rebuilt = Rebuild(fetcher, region, _substitutes.Value(region));
            Prove(rebuilt, row.Digest);
            return rebuilt;
        }
        finally
        {
            Return(fetcher);
        }
    }

    /// <summary>
    /// Fetches, decrypts, decodes and verifies one chunk into <paramref name="content"/> (as many bytes as the chunk's range; zeros
    /// for every state but Data). Safe from many threads; uses a workspace for each.
    /// </summary>
    /// <exception cref="ImageDamagedException">Digest or structure wrong, never stored, or its part is missing; names part and offset.</exception>
    public void ReadChunk(RegionPage page, int indexInRegion, Span<byte> content) => ReadChunk(page, indexInRegion, content, checkCrc: false);

    internal void ReadChunk(RegionPage page, int indexInRegion, Span<byte> content, bool checkCrc)
    {
        var range = page.ChunkRange(indexInRegion);
        if (content.Length != range.Length) throw new ArgumentException($"{content.Length} bytes are no room for a chunk of {range.Length}", nameof(content));
        var state = page.State(indexInRegion);
        if (state == ChunkState.Pending) throw new ImageDamagedException($"the image does not hold {range} of the disk: {WhyPending()}");
        if (state != ChunkState.Data)
        {
            content.Clear();
            return;
        }
        var at = page.Location(indexInRegion);
        var part = _parts.Part(at.Part);
        var fetcher = RentFetcher();
        try
        {
            fetcher.FetchChunk(part, at, page.StoredDigest(indexInRegion), content, checkCrc);
        }
        finally
        {
            Return(fetcher);
        }
    }

    /// <summary>Faults of frames other than chunks, superseded and spare ones included.</summary>
    internal IEnumerable<(int Part, string Message, long Offset)> CheckFrames() =>
        FrameCheck.Run(_parts, _index.Header.Seed, _index.Keys, IsComplete, _index.PartLengths);

    /// <summary>The highest part that is known to have existed, or to have been about to.</summary>
    internal int LastPart => _index.PartCount;

    public void Dispose()
    {
        _disposed = true;
        DrainFetchers();
        _index.Keys?.Dispose();
        _parts.Dispose();
    }

    private ImageGeometry Geometry => _index.Description.Geometry;

    /// <summary>Null where it is lost, or not what the digest says.</summary>
    private RegionPage? TryFetch(FrameFetcher fetcher, FrameLocation at, int region, in ChunkDigest digest)
    {
        if (at.IsNone) return null;
        try
        {
            var page = Fetch(fetcher, at, region);
            return Prove(page, digest) ? page : null;
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            return null;
        }
    }

    /// <summary>
    /// True where a page says what the digest stands for. In a complete image that proves a checkpoint, or what was put together, to be
    /// as good as the final page: the root digest vouches for it.
    /// </summary>
    private bool Prove(RegionPage page, in ChunkDigest digest)
    {
        if (ImageDigests.OfRegion(page) != digest) return false;
        if (IsComplete) page.IsRebuilt = false;
        return true;
    }

    private RegionPage Rebuild(FrameFetcher fetcher, int region, SubstitutePage left)
    {
        RegionPage? older = null;
        try
        {
            if (!left.Older.IsNone) older = Fetch(fetcher, left.Older, region);
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            // It could be read a moment ago; without it everything counts as used.
        }
        return PageRebuild.Of(older, Geometry, region, left.Loose);
    }

    private RegionPage Fetch(FrameFetcher fetcher, FrameLocation at, int region)
    {
        var page = RegionPageFormat.Parse(fetcher.Fetch(_parts.Part(at.Part), at, FrameType.RegionPage, FormatLimits.MaxPayload, out _), Geometry);
        return page.Region == region ? page : throw new ImageDamagedException($"{at} has the page of region {page.Region} where that of {region} belongs");
    }

    private string WhyPending() => MissingParts.Count > 0 ? $"part {string.Join(", ", MissingParts)} is missing" : "it was not completed, or the index is damaged";

    private FrameFetcher RentFetcher()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _fetchers.TryTake(out var fetcher) ? fetcher : new FrameFetcher(_index.Header.Seed, _index.Keys);
    }

    private void Return(FrameFetcher fetcher)
    {
        _fetchers.Add(fetcher);
        if (_disposed) DrainFetchers();
    }

    private void DrainFetchers()
    {
        while (_fetchers.TryTake(out var fetcher)) fetcher.Dispose();
    }
}
