using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.FileSystems.Tests;

public class VolumeProbeTests
{
    private static readonly AllocationOptions Options = new();

    [Theory]
    [InlineData(0)]
    [InlineData(512)]
    [InlineData(1 << 20)]
    [InlineData(10L << 40)]
    public void Zeros_are_empty_and_still_taken_whole(long length)
    {
        var content = VolumeProbe.Read(new MemoryDisk(length), Options);
        Assert.Equal("empty", content.Type);
        Assert.Null(content.Map);
        Assert.NotNull(content.WholeReason);
    }

    [Theory]
    [InlineData(5000)]
    [InlineData((16 << 20) - 5000)]
    public void A_trace_of_content_at_either_end_is_unknown(int at)
    {
        var disk = new MemoryDisk(16 << 20);
        disk.Write(at, [1]);
        var content = VolumeProbe.Read(disk, Options);
        Assert.Equal("unknown", content.Type);
        Assert.Null(content.Map);
        Assert.NotNull(content.WholeReason);
    }

    [Fact]
    public void A_reader_that_finds_a_contradiction_means_whole_with_its_message()
    {
        var content = VolumeProbe.Read(new MemoryDisk(4096), Options, [new Reader(() => throw new MalformedException("the bitmap lies outside"))]);
        Assert.Null(content.Map);
        Assert.Contains("the bitmap lies outside", content.WholeReason);
    }

    [Fact]
    public void An_unreadable_deciding_sector_ends_the_search()
    {
        var asked = false;
        var content = VolumeProbe.Read(new MemoryDisk(4096), Options,
        [
            new Reader(() => throw new BlockReadException("sector 2 is unreadable", new Extent(1024, 512))),
            new Reader(() => { asked = true; return null; }),
        ]);
        Assert.Null(content.Map);
        Assert.Contains("sector 2 is unreadable", content.WholeReason);
        Assert.False(asked, "a later reader could have trusted a stale signature");
    }

    [Fact]
    public void A_disk_of_unreadable_sectors_is_still_backed_up()
    {
        var disk = new MemoryDisk(4 << 20) { Before = (_, extent) => throw new BlockReadException("I/O error", extent) };
        var content = VolumeProbe.Read(disk, Options);
        Assert.Equal("unknown", content.Type);
        Assert.Contains("I/O error", content.WholeReason);
    }

    [Fact]
    public void A_vanished_device_is_no_content() =>
        Assert.Throws<DeviceGoneException>(() => VolumeProbe.Read(
            new MemoryDisk(4 << 20) { Before = (_, _) => throw new DeviceGoneException("gone") }, Options));

    [Fact]
    public void The_first_reader_that_knows_it_answers()
    {
        var content = VolumeProbe.Read(new MemoryDisk(4096), Options,
        [
            new Reader(() => null),
            new Reader(() => new VolumeContent { Type = "one", WholeReason = "first" }),
            new Reader(() => new VolumeContent { Type = "two", WholeReason = "second" }),
        ]);
        Assert.Equal("one", content.Type);
    }

    private sealed class Reader(Func<VolumeContent?> answer) : IAllocationReader
    {
        public string Family => "test";
        public VolumeContent? Read(IBlockSource volume, AllocationOptions options) => answer();
    }
}
