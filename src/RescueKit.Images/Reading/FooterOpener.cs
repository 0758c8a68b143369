using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>Opens a complete image by one of its footers: footer → index → directory and description.</summary>
internal sealed class FooterOpener(PartSet parts, Func<ReadOnlyMemory<byte>>? passphrase)
{
    private readonly List<ImageDamagedException> _failures = [];

    /// <summary>Null where no footer leads to a whole index; <see cref="PartSet.Repairs"/> tells what was wrong with a footer that was skipped.</summary>
    public ImageIndex? TryOpen()
    {
        if (parts.Highest == 0) return null;
        var last = parts.Parts[parts.Highest];
        foreach (var block in (ReadOnlySpan<int>)[FooterFormat.BlockSize, FooterFormat.TailSize])
        {
            var failures = _failures.Count;
            try
            {
                if (TryOpen(last, last.Length - block) is { } index)
                {
                    if (block == FooterFormat.TailSize) parts.Repairs.Add("The second footer is damaged; the first one was used.");
                    return index;
                }
            }
            catch (ImageDamagedException e)
            {
                _failures.Add(e);
            }
            catch (BlockReadException e)
            {
                _failures.Add(new ImageDamagedException(e.Message, inner: e));
            }
        }
        foreach (var failure in _failures) parts.Repairs.Add($"A footer could not be used: {failure.Message}.");
        return null;
    }

    private ImageIndex? TryOpen(IPartReader last, long block)
    {
        if (PartSet.ReadHeader(last, block) is not { } header) return null;
        if (parts.Header is { } known && known.ImageId != header.ImageId) return null;
        var master = KeyOpener.Open(header, passphrase, parts.Name);
        var keys = master is null ? null : new SessionKeys(master);
        keys?.Add(header.Session, header.SessionSalt);
        using var fetcher = new FrameFetcher(header.Seed, keys);
        var at = new FrameLocation(header.Part, FooterFormat.FrameSize - FrameHeader.Size, block + ImageHeader.FrameSize);
        var footer = FooterFormat.Parse(fetcher.Fetch(last, at, FrameType.Footer, at.StoredLength, out _));
        if (footer.ImageId != header.ImageId) throw new ImageDamagedException("the footer is of another image");
        if (footer.LastPartLength != last.Length)
            throw new ImageDamagedException($"{last.Name} has {last.Length} bytes; the footer says {footer.LastPartLength}");

        var payload = fetcher.Fetch(parts.Part(footer.Index.Part), footer.Index, FrameType.Index, FormatLimits.MaxPayload, out _);
        if (ChunkDigest.Of(payload) != footer.IndexDigest) throw new ImageDamagedException("the index does not match the footer's digest");
        var index = IndexFormat.Parse(payload, header.ImageId);
        foreach (var (session, salt) in index.Sessions) keys?.Add(session, salt);
        var description = ReadDescription(fetcher, index);
        if (description.Geometry.RegionCount != index.RegionCount)
            throw new ImageDamagedException($"the index has {index.RegionCount} regions, the disk {description.Geometry.RegionCount}");
        if (ImageDigests.OfRoot(header.ImageId, index.DescriptionDigest, index.ContentDigest) != footer.RootDigest || footer.RootDigest != index.Summary.RootDigest)
            throw new ImageDamagedException("the root digest does not follow from description and content");
        return new ImageIndex
        {
            Header = header,
            Keys = keys,
            Description = description,
            Rows = ReadDirectory(fetcher, index, description.Geometry),
            PartCount = footer.PartCount,
            Summary = index.Summary,
            ContentDigest = index.ContentDigest,
            DescriptionDigest = index.DescriptionDigest,
        };
    }

    private DescriptionFormat ReadDescription(FrameFetcher fetcher, IndexFormat index)
    {
        ImageDamagedException? failure = null;
        foreach (var at in index.Descriptions)
        {
            try
            {
                var payload = fetcher.Fetch(parts.Part(at.Part), at, FrameType.Description, FormatLimits.MaxDescription, out _);
                if (DescriptionFormat.DigestOf(payload) != index.DescriptionDigest) throw new ImageDamagedException("the description does not match its digest");
                var description = DescriptionFormat.Parse(payload);
                if (failure is not null) parts.Repairs.Add($"A copy of the description was used, because {failure.Message}.");
                return description;
            }
            catch (ImageDamagedException e)
            {
                failure = e;
            }
        }
        throw failure!;
    }

    private DirectoryRow[] ReadDirectory(FrameFetcher fetcher, IndexFormat index, ImageGeometry geometry)
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
        if (ImageDigests.OfContent(geometry, rows.Select(row => row.Digest)) != index.ContentDigest)
            throw new ImageDamagedException("the directory does not match the content digest");
        return rows;
    }
}
