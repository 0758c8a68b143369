using RescueKit.Engine.Hot;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Hot;

public class SwapHeaderTests
{
    [Theory]
    [InlineData(4096)]
    [InlineData(16384)]
    public void Only_the_page_of_the_header_is_read(int page)
    {
        var disk = Bench.RandomDisk(1 << 20);
        disk.Write(page - 10, "SWAPSPACE2"u8.ToArray());
        var whole = disk.ToArray();
        using var header = new SwapHeader(disk);
        disk.Write(page, new byte[page]); // something is swapped out
        var read = new byte[1 << 20];
        for (var at = 0; at < read.Length; at += 3000) header.Read(at, read.AsSpan(at, Math.Min(3000, read.Length - at)));
        Assert.Equal(whole[..page], read[..page]);
        Assert.DoesNotContain(read[page..], b => b != 0);
    }
}
