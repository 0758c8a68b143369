using RescueKit.Model;

namespace RescueKit.Testing.Allocation;

/// <summary>What must hold for whatever a reader returns.</summary>
public static class MapAssert
{
    /// <summary>Everything that can be said without knowing the file system; asks the map for the whole volume at once.</summary>
    public static void WellFormed(VolumeContent content, long volumeLength)
    {
        Assert.False(string.IsNullOrWhiteSpace(content.Type), "a content has a type");
        Assert.True(content.Map is null == content.WholeReason is not null,
            $"exactly one of map and reason is set; reason: {content.WholeReason ?? "none"}");
        Assert.True(content.WholeReason is null || !content.WholeReason.Contains('\n', StringComparison.Ordinal), "the reason is one line");
        Assert.True(content.UncleanMap is null || content.Unclean, "a map at the user's risk belongs to an unclean volume");
        Assert.True(content.BlockSize >= 0 && content.ClaimedLength >= 0, "sizes are not negative");
        foreach (var map in new[] { content.Map, content.UncleanMap })
        {
            if (map is null) continue;
            var used = Checked(map, new Extent(0, volumeLength));
            Assert.Equal(map.UsedBytes, used.TotalLength);
            Assert.Empty(used.Intersect(content.Excluded));
        }
        if (content.Map is not null)
            Assert.True(content.Map.UsedIn(new Extent(0, volumeLength)).IsSupersetOf(content.ReadAsZero), "what is imaged as zeros is part of the map");
    }

    /// <summary>Asks for one window and checks that the answer is clipped, sorted and merged.</summary>
    public static ExtentSet Checked(IAllocationMap map, Extent window)
    {
        var used = map.UsedIn(window);
        var end = -1L;
        foreach (var extent in used)
        {
            Assert.False(extent.IsEmpty, "no empty extents");
            Assert.True(extent.Offset > end, $"{extent} is not after, or touches, the extent that ends at {end}");
            Assert.True(window.Contains(extent), $"{extent} reaches outside the window {window}");
            end = extent.End;
        }
        return used;
    }
}
