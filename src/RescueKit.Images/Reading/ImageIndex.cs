using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>What opening an image found out, by footers or by a scan.</summary>
internal sealed class ImageIndex
{
    public required ImageHeader Header { get; init; }
    public required SessionKeys? Keys { get; init; }
    public required DescriptionFormat Description { get; init; }

    /// <summary>A row for each region; none where its page is lost or was never written.</summary>
    public required DirectoryRow[] Rows { get; init; }
    public required int PartCount { get; init; }

    /// <summary>Null where the image was never completed, or footers and index are lost.</summary>
    public ImageSummary? Summary { get; init; }
    public ChunkDigest ContentDigest { get; init; }
    public ChunkDigest DescriptionDigest { get; init; }
}
