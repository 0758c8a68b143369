using RescueKit.Engine.Sizes;
using RescueKit.Model;

namespace RescueKit.Engine.Tests.Sizes;

public class GrowPlanTests
{
    private const long MiB = 1 << 20;

    /// <summary>Numbers need not be in the order of the disk.</summary>
    [Fact]
    public void What_lies_behind_moves_to_the_end_as_far_apart_as_it_was()
    {
        var places = GrowPlan.Arrange([Part(1, 1, 10), Part(2, 50, 20), Part(3, 20, 30), Part(4, 71, 9)], 3, 299 * MiB);
        Assert.Equal([(1, 1 * MiB, 10 * MiB), (2, 269 * MiB, 20 * MiB), (3, 20 * MiB, 30 * MiB), (4, 290 * MiB, 9 * MiB)], places.OrderBy(p => p.Key).Select(p => (p.Key, p.Value.Offset, p.Value.Length)));
    }

    /// <summary>Old tables count by cylinders: what is moved by whole mebibytes lies in its sectors as it did.</summary>
    [Fact]
    public void A_partition_that_is_not_aligned_stays_as_it_was_aligned()
    {
        var places = GrowPlan.Arrange([new Partition(1, new Extent(63 * 512, 10 * MiB), "0x83"), new Partition(2, new Extent(63 * 512 + 10 * MiB, 5 * MiB), "0x82")], 1, 100 * MiB);
        Assert.Equal(63 * 512, places[2].Offset % MiB);
        Assert.InRange(places[2].End, 99 * MiB, 100 * MiB);
    }

    [Fact]
    public void Nothing_moves_where_there_is_no_room() =>
        Assert.Equal(50 * MiB, GrowPlan.Arrange([Part(1, 1, 49), Part(2, 50, 40)], 1, 90 * MiB + 4096)[2].Offset);

    private static Partition Part(int number, long start, long length) => new(number, new Extent(start * MiB, length * MiB), "0x83");
}
