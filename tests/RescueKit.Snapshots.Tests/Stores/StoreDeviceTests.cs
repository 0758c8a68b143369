using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.Tests.Stores;

/// <summary>How a device that is given as a store is shared among volumes.</summary>
public sealed class StoreDeviceTests
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData(1024, new long[] { 1, 2600, 64, 400, 300, 64 })]
    [InlineData(1024, new long[] { 1, 1, 1, 100_000_000 })]
    [InlineData(100_000, new long[] { 400, 300 })]
    [InlineData(40, new long[] { 1000, 1000 })]
    public void Each_volume_has_what_it_must_and_none_more_than_it_can_need(long device, long[] volumes)
    {
        var pieces = StoreDevice.Split(device * MiB, [.. volumes.Select(length => length * MiB)]);
        var end = MiB; // the first and the last MiB are never used
        foreach (var ((start, length), volume) in pieces.Zip(volumes))
        {
            Assert.Equal(end, start);
            Assert.InRange(length, Math.Min(16 * MiB, StoreRoom.MostFor(volume * MiB)), StoreRoom.MostFor(volume * MiB));
            end = start + length;
        }
        Assert.InRange(end, 0, (device - 1) * MiB);
    }

    [Fact]
    public void The_larger_volume_has_the_larger_share() =>
        Assert.True(StoreDevice.Split(1024 * MiB, [4000 * MiB, 8000 * MiB]) is [var (_, small), var (_, large)] && large > small * 3 / 2);

    [Fact]
    public void What_does_not_fit_is_nothing_and_never_past_the_end()
    {
        var pieces = StoreDevice.Split(20 * MiB, [1000 * MiB, 1000 * MiB, 1000 * MiB]);
        Assert.True(pieces[^1].Start + pieces[^1].Length <= 19 * MiB);
        Assert.Contains(pieces, piece => piece.Length < 16 * MiB);
    }
}
