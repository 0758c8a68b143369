using RescueKit.Engine.Sizes;
using RescueKit.Model;

namespace RescueKit.Engine.Tests.Sizes;

public class SmallerLayoutTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void The_one_with_the_most_free_space_shrinks_and_only_what_lies_behind_it_moves()
    {
        var layout = Layout(190, [Volume(1, 1, 50, 40), Volume(2, 51, 100, 80), Volume(3, 151, 49, 0)], _ => 20 * MiB);
        Assert.Equal(0, layout.Missing);
        Assert.Equal([(1, 1, 50), (2, 51, 90), (3, 141, 49)], Places(layout));
    }

    [Fact]
    public void Another_one_shrinks_where_one_is_not_enough()
    {
        var layout = Layout(90, [Volume(1, 1, 50, 40), Volume(2, 51, 100, 80), Volume(3, 151, 9, 0)], _ => 40 * MiB);
        Assert.Equal([(1, 1, 40), (2, 41, 40), (3, 81, 9)], Places(layout));
    }

    /// <summary>A gap between partitions is given up before a file system has to shrink.</summary>
    [Fact]
    public void Nothing_shrinks_where_moving_is_enough()
    {
        var layout = Layout(100, [Volume(1, 1, 50, 40), Volume(2, 120, 40, 30)], _ => throw new InvalidOperationException("it was asked for"));
        Assert.Equal([(1, 1, 50), (2, 51, 40)], Places(layout));
    }

    [Fact]
    public void What_is_missing_is_counted_when_all_have_shrunk_as_far_as_they_can()
    {
        Assert.Equal(MiB, Layout(60, [Volume(1, 1, 50, 40), Volume(2, 51, 100, 80)], _ => 30 * MiB).Missing);
        Assert.Equal(0, Layout(61, [Volume(1, 1, 50, 40), Volume(2, 51, 100, 80)], _ => 30 * MiB).Missing);
        Assert.Equal(MiB, new SmallerLayout([Volume(1, 1, 50, 40)], 31 * MiB, _ => 30 * MiB + 1).Missing);
    }

    [Fact]
    public void Room_stays_in_front_of_logical_partitions_for_their_boot_records()
    {
        var layout = Layout(100, [Volume(1, 1, 50, 40), Volume(5, 52, 20, 0) with { IsLogical = true }, Volume(6, 73, 50, 0) with { IsLogical = true }], _ => 10 * MiB);
        Assert.Equal([(1, 1, 27), (5, 29, 20), (6, 50, 50)], Places(layout));
    }

    /// <summary>Whatever the table: no two overlap, all keep order, lie inside the disk, and are no shorter than they may be.</summary>
    [Fact]
    public void Random_tables_come_out_right()
    {
        var random = new Random(5);
        for (var round = 0; round < 20_000; round++)
        {
            const int sector = 512;
            var volumes = new List<FitVolume>();
            var least = new Dictionary<int, long>();
            var cursor = 63L * sector;
            for (var number = 1; number <= random.Next(1, 8); number++)
            {
                var length = random.Next(1, 400_000) * (long)sector;
                var isLogical = number > 4;
                cursor += random.Next(3) * random.Next(5000) * (long)sector + (isLogical ? 63 * sector : 0);
                least[number] = random.NextInt64(length + 1);
                volumes.Add(new FitVolume(number, new Extent(cursor, length), isLogical, random.Next(3) == 0 ? 0 : length - least[number]));
                cursor += length;
            }
            var end = random.NextInt64(cursor) / MiB * MiB;
            var layout = new SmallerLayout(volumes, end, number => least[number]);
            if (layout.Missing > 0) continue;
            var places = layout.Places();
            var before = 0L;
            foreach (var volume in volumes)
            {
                var place = places[volume.Number];
                Assert.True(place.Offset >= before && place.End <= end && place.Offset <= volume.Extent.Offset, $"round {round}, {volume}: {place}");
                Assert.True(place.Length == volume.Extent.Length || (volume.FreeBytes > 0 && place.Length >= least[volume.Number]), $"round {round}, {volume}: {place}");
                before = place.End;
            }
        }
    }

    private static FitVolume Volume(int number, long start, long length, long free) => new(number, new Extent(start * MiB, length * MiB), false, free * MiB);

    private static SmallerLayout Layout(long end, FitVolume[] volumes, Func<int, long> least) => new(volumes, end * MiB, least);

    private static IEnumerable<(int, int, int)> Places(SmallerLayout layout) =>
        layout.Places().OrderBy(p => p.Key).Select(p => (p.Key, (int)(p.Value.Offset / MiB), (int)(p.Value.Length / MiB)));
}
