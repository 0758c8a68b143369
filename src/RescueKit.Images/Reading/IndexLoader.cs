using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>Loads what an index leads to, and checks it against the index's digests.</summary>
internal sealed class IndexLoader(PartSet parts, FrameFetcher fetcher, IndexFormat index, Guid imageId)
{
    public DescriptionFormat ReadDescription()
    {
        ImageDamagedException? failure = null;
        foreach (var at in index.Descriptions)
        {
            try
            {
                var payload = fetcher.Fetch(parts.Part(at.Part), at, FrameType.Description, FormatLimits.MaxDescription, out _);
                if (DescriptionFormat.DigestOf(payload) != index.DescriptionDigest) throw new ImageDamagedException("the description does not match its digest");
                var description = DescriptionFormat.Parse(payload);
                if (description.Geometry.RegionCount != index.RegionCount)
                    throw new ImageDamagedException($"the index has {index.RegionCount} regions, the disk {description.Geometry.RegionCount}");
                if (failure is not null) parts.Repairs.Add($"A copy of the description was used: {failure.Message}.");
                return description;
            }
            catch (ImageDamagedException e)
            {
                failure = e;
            }
            catch (BlockReadException e)
            {
                failure = new ImageDamagedException(e.Message, inner: e);
            }
        }
        throw failure!;
    }

    public DirectoryRow[] ReadDirectory(ImageGeometry geometry)
    {
        var rows = new DirectoryRow[geometry.RegionCount];
        for (var i = 0; i < index.Directories.Count; i++)
        {
            var (at, digest) = index.Directories[i];
            var payload = fetcher.Fetch(parts.Part(at.Part), at, FrameType.Directory, FormatLimits.MaxPayload, out _);
            if (ChunkDigest.Of(payload) != digest) throw new ImageDamagedException("a directory does not match its digest");
            var first = i * FormatLimits.DirectoryRows;
            DirectoryFormat.Read(payload, first, rows.AsSpan(first, Math.Min(FormatLimits.DirectoryRows, rows.Length - first)));
        }
        CheckRoot(geometry, rows);
        return rows;
    }

    public void CheckRoot(ImageGeometry geometry, DirectoryRow[] rows)
    {
        if (ImageDigests.OfContent(geometry, rows.Select(row => row.Digest)) != index.ContentDigest)
            throw new ImageDamagedException("the regions do not match the content digest");
        if (ImageDigests.OfRoot(imageId, index.DescriptionDigest, index.ContentDigest) != index.Summary.RootDigest)
            throw new ImageDamagedException("the root digest does not follow from description and content");
    }
}
