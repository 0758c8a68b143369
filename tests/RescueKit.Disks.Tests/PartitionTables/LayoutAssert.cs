using RescueKit.Model;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>What has to hold for every layout, whatever the disk held.</summary>
internal static class LayoutAssert
{
    public static void WellFormed(DiskLayout layout, long diskLength)
    {
        var claimed = layout.TableAreas;
        Assert.True(claimed.IsEmpty || claimed[^1].End <= diskLength, "a table area lies outside the disk");
        Assert.True(claimed.TotalLength < 32 << 20, "the table areas are out of proportion");
        Assert.InRange(layout.Warnings.Count, 0, 50);
        Assert.True(layout.SectorSize is 512 or 4096);
        var last = -1;
        foreach (var partition in layout.Partitions)
        {
            Assert.True(partition.Number > last, "numbers do not rise");
            last = partition.Number;
            Assert.True(partition.Extent.Length > 0 && partition.Extent.End <= diskLength, $"{partition} lies outside the disk");
            Assert.False(claimed.Overlaps(partition.Extent), $"{partition} overlaps another or a table");
            claimed = claimed.Union(ExtentSet.Of(partition.Extent));
        }
    }
}
