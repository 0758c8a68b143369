using RescueKit.Images.Chunks;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images;

/// <summary>
/// Appends one image to a store. Calls come from one thread, except <see cref="MayBeStored"/>. Order of use: for each region in
/// ascending order BeginRegion, Put for its chunks, EndRegion; then Complete. A region that was ended with pending chunks may be begun
/// again later (second pass over bad areas). After any exception the writer is poisoned: only Dispose is allowed, and the
/// image stays resumable.
/// </summary>
public sealed class ImageWriter : IDisposable
{
    private ImageWriter() => throw new NotImplementedException();

    /// <summary>Begins a new image; writes and syncs the header and the description.</summary>
    public static ImageWriter Create(IImageStore store, string name, ImageDescription description, ImageWriterOptions options) => throw new NotImplementedException();

    /// <summary>
    /// Goes on with an image that was not completed: scans it, cuts a torn tail, opens a new session. The caller has to run over the
    /// whole source again; chunks whose digest equals the stored one are kept (Put finds that out).
    /// </summary>
    /// <exception cref="ImageException">Not an image, complete already, hot, of another disk size or chunk size, wrong passphrase.</exception>
    public static ImageWriter Resume(IImageStore store, string name, ImageDescription description, ImageWriterOptions options) => throw new NotImplementedException();

    public Guid ImageId => throw new NotImplementedException();
    public int ChunkSize => throw new NotImplementedException();

    /// <summary>Bytes of disk covered by one region (chunk size × chunks per region).</summary>
    public long RegionBytes => throw new NotImplementedException();

    /// <summary>Makes an encoder for one worker thread.</summary>
    public ChunkEncoder NewEncoder() => throw new NotImplementedException();

    /// <param name="used">Disk offsets, clipped to the region: what is in use and to be imaged.</param>
    /// <param name="excluded">Disk offsets: in use, but left out on request; disjoint from <paramref name="used"/>.</param>
    public void BeginRegion(int region, ExtentSet used, ExtentSet excluded) => throw new NotImplementedException();

    /// <summary>Stores a chunk of the region that was begun; may be called in any order within it.</summary>
    public void Put(EncodedChunk chunk) => throw new NotImplementedException();

    /// <summary>
    /// Records chunks of the region that was begun as zero without looking at them (their used bytes lie in holes of the source). Costs
    /// nothing per chunk worth speaking of: a sparse disk has millions.
    /// </summary>
    public void PutZeros(long firstChunk, int count) => throw new NotImplementedException();

    /// <summary>
    /// Writes the region's page. Chunks with used bytes that were not Put are recorded as pending, or as unreadable where
    /// <paramref name="unreadable"/> covers all their used bytes.
    /// </summary>
    public void EndRegion(ExtentSet unreadable) => throw new NotImplementedException();

    /// <summary>True where a chunk with this digest can probably be referenced instead of stored (any thread; a hint only).</summary>
    public bool MayBeStored(in ChunkDigest digest) => throw new NotImplementedException();

    /// <summary>Compressed bytes appended, and how many of them have reached stable storage.</summary>
    public long AppendedBytes => throw new NotImplementedException();
    public long DurableBytes => throw new NotImplementedException();

    /// <summary>Data → sync → directory → sync → footers → sync. No region may have pending chunks.</summary>
    public ImageSummary Complete() => throw new NotImplementedException();

    public void Dispose() { }
}

/// <summary>Totals of a finished image. Bytes, unless the name says chunks.</summary>
public sealed record ImageSummary(
    Guid ImageId, ChunkDigest RootDigest, int Parts, long StoredBytes, long UsedBytes, long UnreadableBytes, long ExcludedBytes,
    long DataChunks, long ZeroChunks, long DuplicateChunks);
