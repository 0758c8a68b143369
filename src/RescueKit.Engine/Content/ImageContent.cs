using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine.Content;

/// <summary>The content of a disk as an image has it.</summary>
internal sealed class ImageContent(ImageReader image, string name) : IDiskContent
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
        return new ImageRegion(image, page)
        {
            Used = page.Used,
            Excluded = page.Excluded,
            Unreadable = page.Unreadable,
            DataChunks = data.ToSet(),
            ZeroChunks = zero.ToSet(),
        };
    }

    private static void Sort(RegionPage page, ExtentSetBuilder data, ExtentSetBuilder zero)
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
                case ChunkState.Pending:
                    throw new ImageIncompleteException($"chunk {page.FirstChunk + i} was never read: the image is not complete", "resume it first");
            }
        }
    }
}

internal sealed class ImageRegion(ImageReader image, RegionPage page) : ContentRegion(page.Region, page.Range)
{
    public override void Read(Extent range, Span<byte> content, bool quick = false)
    {
        for (var at = range.Offset; at < range.End;)
        {
            var index = (int)(at / image.ChunkSize - page.FirstChunk);
            var chunk = page.ChunkRange(index);
            image.ReadChunk(page, index, content.Slice((int)(at - range.Offset), (int)chunk.Length));
            at = chunk.End;
        }
    }

    public override ChunkDigest? DigestOf(long chunk)
    {
        var index = (int)(chunk - page.FirstChunk);
        return page.State(index) is ChunkState.Data or ChunkState.Zero ? page.Digest(index) : null;
    }
}
