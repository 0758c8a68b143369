using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images;

/// <summary>Opens an image of one or more parts and gives random access to its chunks. Thread-safe after opening.</summary>
public sealed class ImageReader : IDisposable
{
    private ImageReader() => throw new NotImplementedException();

    /// <summary>
    /// Opens by footer, never by a full scan, where the image is whole. Where the footers or the directory are lost the index is
    /// rebuilt by scanning (<see cref="Repairs"/> says so); where the image was never completed <see cref="IsComplete"/> is false.
    /// Parts that are missing are listed in <see cref="MissingParts"/>: their chunks fail when read, the others work.
    /// </summary>
    /// <param name="passphrase">Asked for only when the image is encrypted; UTF-8 bytes.</param>
    /// <exception cref="ImageException">See the derived types.</exception>
    public static ImageReader Open(IImageStore store, string name, Func<ReadOnlyMemory<byte>>? passphrase = null) => throw new NotImplementedException();

    public Guid ImageId => throw new NotImplementedException();
    public ImageDescription Description => throw new NotImplementedException();
    public ParentLink? Parent => throw new NotImplementedException();
    public bool IsComplete => throw new NotImplementedException();
    public bool IsEncrypted => throw new NotImplementedException();
    public Codecs.CodecKind Codec => throw new NotImplementedException();

    /// <summary>Over all regions; all zero bytes while the image is not complete.</summary>
    public ChunkDigest RootDigest => throw new NotImplementedException();
    public ImageSummary? Summary => throw new NotImplementedException();
    public int ChunkSize => throw new NotImplementedException();
    public long DiskLength => throw new NotImplementedException();
    public int RegionCount => throw new NotImplementedException();
    public long RegionBytes => throw new NotImplementedException();
    public IReadOnlyList<int> MissingParts => throw new NotImplementedException();

    /// <summary>What had to be worked around to open it; each a sentence.</summary>
    public IReadOnlyList<string> Repairs => throw new NotImplementedException();

    /// <summary>Reads and verifies one region's page. Small; callers keep as many as they need.</summary>
    public RegionPage ReadRegion(int region) => throw new NotImplementedException();

    /// <summary>
    /// Fetches, decrypts, decodes and verifies one chunk into <paramref name="content"/> (ContentLength bytes; zeros for every state but
    /// Data). Safe from many threads; uses a per-thread workspace.
    /// </summary>
    /// <exception cref="ImageDamagedException">Digest or structure wrong, or its part is missing; names part and offset.</exception>
    public void ReadChunk(RegionPage page, int indexInRegion, Span<byte> content) => throw new NotImplementedException();

    public void Dispose() { }
}

/// <summary>The index of one region: allocation, losses, and a row for each of its chunks. Offsets are disk offsets.</summary>
public sealed class RegionPage
{
    internal RegionPage() => throw new NotImplementedException();
    public int Region => throw new NotImplementedException();
    public Extent Range => throw new NotImplementedException();
    public long FirstChunk => throw new NotImplementedException();
    public int ChunkCount => throw new NotImplementedException();

    /// <summary>The allocation map of the region, unreadable bytes included, excluded ones not.</summary>
    public ExtentSet Used => throw new NotImplementedException();
    public ExtentSet Unreadable => throw new NotImplementedException();
    public ExtentSet Excluded => throw new NotImplementedException();
    public ChunkState State(int indexInRegion) => throw new NotImplementedException();

    /// <summary>The digest of a Data chunk; of zeros for Zero; undefined for others.</summary>
    public ChunkDigest Digest(int indexInRegion) => throw new NotImplementedException();

    /// <summary>The chunk's range of the disk; the last chunk of the disk may be short.</summary>
    public Extent ChunkRange(int indexInRegion) => throw new NotImplementedException();
}
