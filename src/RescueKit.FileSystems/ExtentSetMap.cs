using RescueKit.Model;

namespace RescueKit.FileSystems;

/// <summary>A map that is known as a whole; for structures whose number of extents does not grow with the size of the volume.</summary>
public sealed class ExtentSetMap(ExtentSet used) : IAllocationMap
{
    public long UsedBytes { get; } = used.TotalLength;

    public ExtentSet UsedIn(Extent window) => used.Clip(window);
}
