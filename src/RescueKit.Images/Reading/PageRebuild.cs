using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>Puts a region's page together from what is left: an older page or none, and chunks that were written after it.</summary>
internal static class PageRebuild
{
    public static RegionPage Of(RegionPage? older, ImageGeometry geometry, int region, IReadOnlyList<LooseChunk>? loose)
    {
        // Without a page nothing is proven free, so everything counts as used.
        var page = older ?? new RegionPage(geometry, region) { Used = ExtentSet.Of(geometry.RegionRange(region)) };
        page.IsRebuilt = true;
        if (loose is null) return page;
        var unlisted = new ExtentSetBuilder();
        foreach (var chunk in loose)
        {
            var index = (int)(chunk.Chunk - page.FirstChunk);
            page.SetData(index, chunk.Digest, chunk.Location);
            var range = page.ChunkRange(index);
            if (!page.Used.Overlaps(range)) unlisted.Add(range);
        }
        page.Used = page.Used.Union(unlisted.ToSet());
        page.Excluded = page.Excluded.Except(page.Used);
        return page;
    }
}
