using System.Buffers.Binary;
using System.Globalization;
using RescueKit.FileSystems.Swap;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Swap;

/// <summary>Damaged swap headers: what is left out lies behind a header that this test, reading it on its own, finds whole.</summary>
public sealed class SwapFuzzTests : IDisposable
{
    private const int Length = 1 << 20;
    private readonly TempFolder _temp = new();

    [Theory]
    [InlineData(4096, 30_000)]
    [InlineData(16384, 10_000)]
    [InlineData(65536, 10_000)]
    public void Damaged_headers_drop_nothing_that_is_not_swap(int page, int cases)
    {
        var path = SparseFile.Create(_temp.File("swap"), Length);
        Tool.Must("mkswap", "-L", "label", "-p", page.ToString(CultureInfo.InvariantCulture), path);
        using var image = MemoryDisk.FromBytes(File.ReadAllBytes(path));
        Extent[] metadata =
        [
            new(0, 16), new(1024, 12), new(1024, 44), new(1024 + 44, 468), new(1536, page - 1546), new(page - 10, 10), new(4096 - 10, 10),
        ];
        var outcome = MutationFuzz.Run(new SwapReader(), image, metadata, TestScale.Of(cases), seed: page, new FuzzLimits { AllocatedBytes = 1 << 20 },
            check: (overlay, content) => AssertUnderstood(overlay, content, page));
        Assert.True(outcome is { Unrecognised: > 100, Whole: > 100, Mapped: > 100, Unreadable: 0 }, $"{outcome}");
    }

    public void Dispose() => _temp.Dispose();

    private static void AssertUnderstood(OverlaySource volume, VolumeContent content, int page)
    {
        Assert.Equal("swap", content.Type);
        Assert.Null(content.UncleanMap);
        if (content.Map is not { } map) return;
        var header = new byte[page];
        volume.Read(0, header);
        Assert.Equal("SWAPSPACE2"u8, header.AsSpan(page - 10));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(1024)));
        var end = (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(1028)) + 1L) * page;
        Assert.InRange(end, 2 * page, Length);
        Assert.Equal(ExtentSet.Of(Extent.FromTo(page, end)), map.UsedIn(new Extent(0, Length)).ComplementIn(new Extent(0, Length)));
        var bad = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(1032));
        Assert.DoesNotContain(header[1068..1536], value => value != 0);
        Assert.DoesNotContain(header[(1536 + 4 * bad)..(page - 10)], value => value != 0);
    }
}
