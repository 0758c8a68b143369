using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Images.Writing;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>Opens an image by scanning its frames: one that was not completed, or whose footers, index or directory are lost.</summary>
internal sealed class ScanOpener(PartSet parts, Func<ReadOnlyMemory<byte>>? passphrase)
{
    public ImageIndex Open()
    {
        using var scan = ImageScan.Run(parts, passphrase);
        parts.Repairs.AddRange(scan.Repairs);
        using var fetcher = new FrameFetcher(scan.Header.Seed, scan.Keys);
        return TryOpenByIndex(scan, fetcher) ?? OpenByPages(scan, fetcher);
    }

    /// <summary>
    /// What is left of regions whose page and its copy, which a whole directory tells of, are lost: an older page, and chunks that no page tells of.
    /// </summary>
    public Func<int, SubstitutePage> Substitutes(ImageGeometry geometry)
    {
        try
        {
            using var scan = ImageScan.Run(parts, passphrase);
            scan.Keys?.Dispose();
            var (pages, loose) = (scan.Pages, scan.Loose);
            // A description that the index does not lead to may say anything.
            if (scan.Description!.Geometry == geometry) return region => new SubstitutePage(pages[region], loose.GetValueOrDefault(region));
        }
        catch (ImageException)
        {
            // The index led to what it led to; frames on the way to the rest are not what they say.
        }
        return _ => new SubstitutePage(default, null);
    }

    private ImageIndex? TryOpenByIndex(ImageScan scan, FrameFetcher fetcher)
    {
        if (scan.Index is not { } index) return null;
        foreach (var (session, salt) in index.Sessions) scan.Keys?.Add(session, salt);
        try
        {
            var loader = new IndexLoader(parts, fetcher, index, scan.Header.ImageId);
            var description = loader.ReadDescription();
            var rows = TryReadDirectory(loader, description.Geometry) ?? RowsOfPages(scan, fetcher);
            loader.CheckRoot(description.Geometry, rows);
            parts.Repairs.Add("The image is complete; its footers were lost and its index was found by a scan.");
            return new ImageIndex
            {
                Header = scan.Header,
                Keys = scan.Keys,
                Description = description,
                Rows = rows,
                PartCount = index.PartLengths.Count,
                PartLengths = index.PartLengths,
                Summary = index.Summary,
                ContentDigest = index.ContentDigest,
            };
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            parts.Repairs.Add($"The index could not be used: {e.Message}.");
            return null;
        }
    }

    private DirectoryRow[]? TryReadDirectory(IndexLoader loader, ImageGeometry geometry)
    {
        try
        {
            return loader.ReadDirectory(geometry);
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            parts.Repairs.Add($"The directory was rebuilt from the regions' pages: {e.Message}.");
            return null;
        }
    }

    private ImageIndex OpenByPages(ImageScan scan, FrameFetcher fetcher)
    {
        var description = scan.Description!;
        var rows = RowsOfPages(scan, fetcher, out var totals, out var pages);
        var substitutes = scan.Loose.ToDictionary(loose => loose.Key, loose => new SubstitutePage(scan.Pages[loose.Key], loose.Value));
        var missing = Enumerable.Range(1, scan.PartCount).Any(part => !parts.Parts.ContainsKey(part));
        var content = ImageDigests.OfContent(description.Geometry, rows.Select(row => row.Digest));
        var root = ImageDigests.OfRoot(scan.Header.ImageId, scan.DescriptionDigest, content);
        // Nothing less will do: that each region has a page does not say that the disk was found unaltered, nor that the pages are the newest.
        var whole = scan.SealedRoot == root && !missing;
        parts.Repairs.Add((whole, scan.SealedRoot) switch
        {
            (true, _) => "Footers and index are lost; the index was rebuilt from the regions' pages, which are all there.",
            (false, null) => $"The image was not completed, or its end is lost: {pages} of {rows.Length} regions have a page.",
            _ => $"The image was completed, but not all of it is left: {pages} of {rows.Length} regions have a page.",
        });
        return new ImageIndex
        {
            Header = scan.Header,
            Keys = scan.Keys,
            Description = description,
            Rows = rows,
            PartCount = scan.PartCount,
            Substitutes = substitutes,
            ContentDigest = whole ? content : default,
            Summary = !whole ? null : new ImageSummary(scan.Header.ImageId, root, scan.PartCount,
                parts.Parts.Values.Sum(part => part.Length), totals.Used, totals.Unreadable, totals.Excluded, totals.DataChunks,
                totals.ZeroChunks, Math.Max(0, totals.DataChunks - scan.ChunkFrames)),
        };
    }

    private DirectoryRow[] RowsOfPages(ImageScan scan, FrameFetcher fetcher) => RowsOfPages(scan, fetcher, out _, out _);

    private DirectoryRow[] RowsOfPages(ImageScan scan, FrameFetcher fetcher, out PageTotals totals, out int pages)
    {
        totals = default;
        pages = 0;
        var rows = new DirectoryRow[scan.Pages.Length];
        for (var region = 0; region < rows.Length; region++)
        {
            var at = scan.Pages[region];
            if (at.IsNone) continue;
            var page = RegionPageFormat.Parse(
                fetcher.Fetch(parts.Part(at.Part), at, FrameType.RegionPage, FormatLimits.MaxPayload, out _), scan.Description!.Geometry);
            rows[region] = new DirectoryRow(at, scan.Copies[region], ImageDigests.OfRegion(page));
            totals = totals.Plus(PageTotals.Of(page));
            if (!page.IsRebuilt) pages++;
        }
        return rows;
    }
}
