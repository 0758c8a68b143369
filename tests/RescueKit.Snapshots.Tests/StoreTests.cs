using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.Tests;

public class StoreTests
{
    private const long GiB = 1L << 30, MiB = 1 << 20;

    [Theory]
    [InlineData(100 * GiB, 64 * GiB, 10 * GiB)] // a tenth of the volume
    [InlineData(1 * GiB, 64 * GiB, 256 * MiB)] // at least a step
    [InlineData(100 * GiB, 4 * GiB, 2 * GiB)] // half of what there is
    [InlineData(64 * MiB, 64 * GiB, 66 * MiB)] // never more than the volume can need
    public void The_first_size_follows_the_rule(long volume, long available, long expected) => Assert.Equal(expected, StoreRoom.For(volume, () => available).First);

    [Fact]
    public void It_grows_until_the_volume_fits_and_no_further()
    {
        var room = StoreRoom.For(2 * GiB, () => 64 * GiB);
        var length = room.First;
        while (room.After(length) is { } next)
        {
            Assert.True(next > length);
            length = next;
        }
        Assert.InRange(length, 2 * GiB, 2 * GiB + 64 * MiB);
    }

    [Fact]
    public void Nothing_is_taken_where_there_is_nothing() => Assert.Null(StoreRoom.For(2 * GiB, () => 0).After(256 * MiB));

    [Fact]
    public void A_folder_that_has_been_removed_has_no_room() => Assert.Equal(0, StoreChoice.RoomIn("/no/such/folder", GiB).First);

    [Theory]
    [InlineData("16/128 8", 16 * 512L, 128 * 512L)]
    [InlineData("0/2097152 0", 0L, GiB)]
    public void The_kernels_count_is_read(string status, long used, long length) => Assert.Equal(new StoreUse(used, length), StoreUse.Parse(status));

    [Theory]
    [InlineData("Invalid")]
    [InlineData("Overflow")]
    [InlineData("")]
    [InlineData("1/2/3")]
    public void All_else_means_that_it_is_lost(string status) => Assert.Null(StoreUse.Parse(status));
}
