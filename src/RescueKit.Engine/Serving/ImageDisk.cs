using RescueKit.Disks.Stores;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine.Serving;

/// <summary>
/// An image read at any offset, as the disk it was taken from. What was not in use there reads as zeros; what could not be read there, and what of
/// the image is damaged or missing, cannot be read here. Memory is bounded, whatever the size of the disk.
/// </summary>
public sealed class ImageDisk : IBlockSource
{
    /// <summary>Bytes.</summary>
    public const long DefaultCacheBytes = 64L << 20;

    private const long PageBytes = 32L << 20;
    private const int LeastChunks = 4;
    private const int ChunksAhead = 4;

    private readonly ImageReader _image;
    private readonly PageCache _pages;
    private readonly ChunkCache _chunks;
    private readonly ReadAhead _ahead;

    /// <param name="image">Its to dispose of from now on.</param>
    /// <param name="name">How to call it in messages.</param>
    /// <param name="cacheBytes">For decoded chunks; a few are kept in any case.</param>
    public ImageDisk(ImageReader image, string name, long cacheBytes = DefaultCacheBytes)
    {
        (_image, Name) = (image, name);
        var disk = image.Description.Disk;
        Geometry = new DiskGeometry(disk.LogicalSectorSize, disk.PhysicalSectorSize, new DiskIdentity("image", disk.Model, disk.Serial))
        {
            SectorSizeIsGuess = disk.SectorSizeIsGuess == true,
        };
        var slots = (int)Math.Clamp(cacheBytes / image.ChunkSize, LeastChunks, 1 << 20);
        _pages = new PageCache(image.ReadRegion, PageBytes);
        _chunks = new ChunkCache(slots, image.ChunkSize, Decode);
        _ahead = new ReadAhead(image.ChunkSize, image.DiskLength, Math.Min(ChunksAhead, slots / 4), LoadAhead);
    }

    /// <exception cref="ImageException">It is no image, cannot be used, or is not opened by the passphrase.</exception>
    public static ImageDisk Open(string path, Func<ReadOnlyMemory<byte>> passphrase, long cacheBytes = DefaultCacheBytes)
    {
        var (folder, name) = Runs.Split(path);
        return new ImageDisk(ImageReader.Open(new FolderStore(folder), name, passphrase), name, cacheBytes);
    }

    public string Name { get; }
    public long Length => _image.DiskLength;
    public DiskGeometry Geometry { get; }

    /// <summary>What it is an image of, and how it was taken.</summary>
    public Images.Format.ImageDescription Description => _image.Description;

    public Guid ImageId => _image.ImageId;

    public bool IsEncrypted => _image.IsEncrypted;

    public bool IsComplete => _image.IsComplete;

    /// <summary>Parts that are missing: what lies in them cannot be read.</summary>
    public IReadOnlyList<int> MissingParts => _image.MissingParts;

    /// <summary>48 bytes that no other image has, nor this one once it has been gone on with.</summary>
    public byte[] Identity
    {
        get
        {
            var root = _image.RootDigest;
            return [.. _image.ImageId.ToByteArray(), .. (ReadOnlySpan<byte>)root];
        }
    }

    /// <summary>How many chunks were decoded so far.</summary>
    internal long DecodedChunks => _chunks.Decoded;

    /// <exception cref="BlockReadException">The disk could not be read there when the image was made.</exception>
    /// <exception cref="ImageDamagedException">The image is damaged there, or was never completed.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > Length - buffer.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"read of {buffer.Length} bytes outside the {Length} bytes of {Name}");
        var wanted = new Extent(offset, buffer.Length);
        _ahead.Saw(wanted);
        for (var at = offset; at < wanted.End;)
        {
            var chunk = at / _image.ChunkSize;
            var start = chunk * _image.ChunkSize;
            var part = Extent.FromTo(at, Math.Min(wanted.End, start + _image.ChunkSize));
            Read(chunk, part, buffer.Slice((int)(at - offset), (int)part.Length));
            at = part.End;
        }
    }

    public ExtentSet DataIn(Extent window)
    {
        var data = new ExtentSetBuilder();
        for (var at = window.Offset; at < window.End;)
        {
            var page = _pages.Get((int)(at / _image.RegionBytes));
            foreach (var used in page.Used.Clip(window.Intersect(page.Range))) AddData(page, used, data);
            at = page.Range.End;
        }
        return data.ToSet();
    }

    public void Dispose()
    {
        _ahead.Dispose();
        _chunks.Dispose();
        _image.Dispose();
    }

    private void AddData(RegionPage page, Extent used, ExtentSetBuilder data)
    {
        for (var at = used.Offset; at < used.End;)
        {
            var index = (int)(at / _image.ChunkSize - page.FirstChunk);
            var part = page.ChunkRange(index).Intersect(used);
            switch (page.State(index))
            {
                case ChunkState.Data or ChunkState.Pending:
                    data.Add(part);
                    break;
                case ChunkState.Unreadable:
                    data.Add(page.Unreadable.Clip(part));
                    break;
            }
            at = part.End;
        }
    }

    private void Read(long chunk, Extent part, Span<byte> buffer)
    {
        var page = Page(chunk, out var index);
        if (page.Unreadable.Overlaps(part))
        {
            var lost = page.Unreadable.Clip(part)[0];
            throw new BlockReadException($"{Name}: {lost} could not be read when the image was made", lost);
        }
        var state = page.State(index);
        if (state is ChunkState.Data or ChunkState.Pending) _chunks.Read(chunk, (int)(part.Offset - chunk * _image.ChunkSize), buffer);
        else buffer.Clear();
    }

    private RegionPage Page(long chunk, out int index)
    {
        var page = _pages.Get((int)(chunk * _image.ChunkSize / _image.RegionBytes));
        index = (int)(chunk - page.FirstChunk);
        return page;
    }

    private void Decode(long chunk, Span<byte> content)
    {
        var page = Page(chunk, out var index);
        _image.ReadChunk(page, index, content[..(int)page.ChunkRange(index).Length]);
    }

    private void LoadAhead(long chunk)
    {
        try
        {
            if (Page(chunk, out var index).State(index) == ChunkState.Data) _chunks.Load(chunk);
        }
        catch (Exception e) when (e is RescueKitException or ObjectDisposedException)
        {
            // Who reads it will be told.
        }
    }
}
