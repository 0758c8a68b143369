using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine.Content;

/// <summary>The content of a disk as an image has it.</summary>
/// <param name="losses">Takes what the image cannot give; null lets that end the run.</param>
internal sealed class ImageContent(ImageReader image, string name, ImageLosses? losses = null) : IDiskContent
{
    public string Name => name;
    public long Length => image.DiskLength;
    public int ChunkSize => image.ChunkSize;
    public long RegionBytes => image.RegionBytes;

    public ContentRegion Open(int region)
    {
        var page = image.ReadRegion(region);
        var (data, zero) = (new ExtentSetBuilder(), new ExtentSetBuilder());
        if (!page.Used.IsEmpty) Sort(page, data, zero);
        return new ImageRegion(image, page, losses)
        {
            Used = page.Used,
            Excluded = page.Excluded,
            Unreadable = page.Unreadable,
            DataChunks = data.ToSet(),
            ZeroChunks = zero.ToSet(),
        };
    }

    private void Sort(RegionPage page, ExtentSetBuilder data, ExtentSetBuilder zero)
    {
        for (var i = 0; i < page.ChunkCount; i++)
        {
            switch (page.State(i))
            {
                case ChunkState.Data:
                    data.Add(page.ChunkRange(i));
                    break;
                case ChunkState.Zero or ChunkState.Unreadable:
                    zero.Add(page.ChunkRange(i));
                    break;
                case ChunkState.Pending when losses is not null:
                    SortLost(page.ChunkRange(i), data, zero);
                    break;
                case ChunkState.Pending:
                    throw new ImageIncompleteException($"chunk {page.FirstChunk + i} was never read: the image is not complete", "resume it first");
            }
        }
    }

    /// <summary>Nothing has to be read of what was never stored, unless tables lie there.</summary>
    private void SortLost(Extent chunk, ExtentSetBuilder data, ExtentSetBuilder zero)
    {
        if (losses!.Knows(chunk)) data.Add(chunk);
        else zero.Add(chunk);
    }
}

internal sealed class ImageRegion(ImageReader image, RegionPage page, ImageLosses? losses) : ContentRegion(page.Region, page.Range)
{
    public override void Read(Extent range, Span<byte> content, bool quick = false)
    {
        for (var at = range.Offset; at < range.End;)
        {
            var index = (int)(at / image.ChunkSize - page.FirstChunk);
            var chunk = page.ChunkRange(index);
            Read(index, chunk, content.Slice((int)(at - range.Offset), (int)chunk.Length));
            at = chunk.End;
        }
    }

    private void Read(int index, Extent chunk, Span<byte> content)
    {
        try
        {
            image.ReadChunk(page, index, content);
        }
        catch (Exception e) when (losses is not null && e is (ImageDamagedException or BlockReadException))
        {
            losses.Replace(chunk, page.Used.Clip(chunk), content);
        }
    }

    public override ChunkDigest? DigestOf(long chunk)
    {
        if (losses is not null) return null; // what stands for a lost chunk has another digest
        var index = (int)(chunk - page.FirstChunk);
        return page.State(index) is ChunkState.Data or ChunkState.Zero ? page.Digest(index) : null;
    }
}
