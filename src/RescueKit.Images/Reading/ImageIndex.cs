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

    /// <summary>Bytes of each part, as the index says; null without one.</summary>
    public IReadOnlyList<long>? PartLengths { get; init; }

    /// <summary>Null where the image was not completed, or too much of it is lost to tell.</summary>
    public ImageSummary? Summary { get; init; }
    public ChunkDigest ContentDigest { get; init; }

    /// <summary>For an image without an index: of regions with chunks behind their newest page, or without any page.</summary>
    public IReadOnlyDictionary<int, SubstitutePage> Substitutes { get; init; } = new Dictionary<int, SubstitutePage>();
}

/// <summary>An older page, or none, and chunks that no page tells of.</summary>
internal sealed record SubstitutePage(FrameLocation Older, IReadOnlyList<LooseChunk>? Loose);
