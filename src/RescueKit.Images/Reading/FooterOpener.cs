using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>Opens a complete image by one of its footers: footer → index → directory and description.</summary>
internal sealed class FooterOpener(PartSet parts, Func<ReadOnlyMemory<byte>>? passphrase)
{
    private readonly List<string> _failures = [];

    /// <summary>Null where no footer leads to a whole index; <see cref="PartSet.Repairs"/> tells what was wrong with a footer that was found.</summary>
    public ImageIndex? TryOpen()
    {
        if (parts.Highest == 0) return null;
        var last = parts.Parts[parts.Highest];
        foreach (var block in (ReadOnlySpan<int>)[FooterFormat.BlockSize, FooterFormat.TailSize])
        {
            try
            {
                if (TryOpen(last, last.Length - block) is not { } index) continue;
                if (block == FooterFormat.TailSize) parts.Repairs.Add("The second footer is damaged; the first one was used.");
                return index;
            }
            catch (Exception e) when (e is ImageDamagedException or BlockReadException)
            {
                _failures.Add(e.Message);
            }
        }
        foreach (var failure in _failures.Distinct()) parts.Repairs.Add($"A footer could not be used: {failure}.");
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
        var at = new FrameLocation(parts.Highest, FooterFormat.FrameSize - FrameHeader.Size, block + ImageHeader.FrameSize);
        var footer = FooterFormat.Parse(fetcher.Fetch(last, at, FrameType.Footer, at.StoredLength, out _));
        if (footer.ImageId != header.ImageId) throw new ImageDamagedException("the footer is of another image");
        if (footer.PartCount != parts.Highest)
            throw new ImageDamagedException($"the footer of part {parts.Highest} says that there are {footer.PartCount} parts");
        if (footer.LastPartLength != last.Length)
            throw new ImageDamagedException($"{last.Name} has {last.Length} bytes, the footer says {footer.LastPartLength}");

        var payload = fetcher.Fetch(parts.Part(footer.Index.Part), footer.Index, FrameType.Index, FormatLimits.MaxPayload, out _);
        if (ChunkDigest.Of(payload) != footer.IndexDigest) throw new ImageDamagedException("the index does not match the footer's digest");
        var index = IndexFormat.Parse(payload, header.ImageId);
        if (index.Summary.RootDigest != footer.RootDigest || index.PartLengths.Count != footer.PartCount)
            throw new ImageDamagedException("index and footer contradict each other");
        foreach (var (session, salt) in index.Sessions) keys?.Add(session, salt);
        var loader = new IndexLoader(parts, fetcher, index, header.ImageId);
        var description = loader.ReadDescription();
        return new ImageIndex
        {
            Header = header,
            Keys = keys,
            Description = description,
            Rows = loader.ReadDirectory(description.Geometry),
            PartCount = footer.PartCount,
            PartLengths = index.PartLengths,
            Summary = index.Summary,
            ContentDigest = index.ContentDigest,
        };
    }
}
