using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Model.Tests;

public class BlockSourceSliceTests
{
    [Fact]
    public void Reads_and_holes_are_relative_to_the_slice()
    {
        using var disk = new MemoryDisk(1 << 20);
        disk.Write(300_000, "here"u8);
        using var slice = new BlockSourceSlice(disk, new Extent(262_144, 262_144), "slice");

        var bytes = new byte[4];
        slice.Read(300_000 - 262_144, bytes);

        Assert.Equal("here"u8, bytes);
        Assert.Equal([new Extent(0, 65_536)], slice.DataIn(new Extent(0, slice.Length)));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(262_144, 1)]
    [InlineData(262_143, 2)]
    [InlineData(long.MaxValue, 1)]
    public void Reading_outside_never_reaches_the_neighbours(long offset, int length)
    {
        using var disk = new MemoryDisk(1 << 20);
        using var slice = new BlockSourceSlice(disk, new Extent(262_144, 262_144), "slice");
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.Read(offset, new byte[length]));
    }
}
