using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

[Collection(AloneTests.Name)]
public sealed class NtfsMemoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>2^31 clusters: the bitmap alone has 256 MiB, and is never held.</summary>
    [Fact]
    public void A_volume_of_8_TiB_takes_no_memory_worth_the_name()
    {
        const long Length = 8L << 40;
        var image = NtfsImage.Make(_folder.File("volume"), Length, "-c", "4096");
        image.Put("file", new byte[100_000]);
        using var volume = new FileSource(image.Path);
        var (allocated, live) = (GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalMemory(forceFullCollection: true));
        var content = new NtfsReader().Read(volume, new AllocationOptions())!;
        var last = content.Map!.UsedIn(Extent.FromTo(Length - (1L << 40), Length));
        // Pages of the bitmap are dropped as the next ones come: each is read about once, and few are held.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 400 << 20);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - live, long.MinValue, 8 << 20);
        var (used, total) = image.CountedByNtfsInfo();
        Assert.Equal(used * 4096 + Length - total * 4096, content.Map.UsedBytes);
        Assert.Equal(ExtentSet.Of(Extent.FromTo(total * 4096, Length)), last);
    }
}
