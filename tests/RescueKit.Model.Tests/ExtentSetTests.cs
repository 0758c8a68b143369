using RescueKit.Model;

namespace RescueKit.Model.Tests;

/// <summary>Every operation against a plain bit array as oracle, over many small random sets.</summary>
public class ExtentSetTests
{
    private const int Universe = 96;

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Operations_agree_with_a_bit_array(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var (a, bitsA) = RandomSet(random);
            var (b, bitsB) = RandomSet(random);
            var window = RandomExtent(random);

            AssertHolds(a, i => bitsA[i]);
            AssertHolds(a.Union(b), i => bitsA[i] || bitsB[i]);
            AssertHolds(a.Intersect(b), i => bitsA[i] && bitsB[i]);
            AssertHolds(a.Except(b), i => bitsA[i] && !bitsB[i]);
            AssertHolds(a.Clip(window), i => bitsA[i] && window.Contains(i));
            AssertHolds(a.ComplementIn(window), i => !bitsA[i] && window.Contains(i));
            AssertHolds(a.AlignOutward(8, Universe), i => Enumerable.Range(i / 8 * 8, 8).Any(j => bitsA[j]));
            Assert.Equal(a, a.Shift(1000).Shift(-1000));
            Assert.Equal(a.IsSupersetOf(b), Enumerable.Range(0, Universe).All(i => bitsA[i] || !bitsB[i]));
            Assert.Equal(a.Overlaps(window), Enumerable.Range(0, Universe).Any(i => bitsA[i] && window.Contains(i)));
            Assert.Equal(a.Contains(window), Enumerable.Range(0, Universe).All(i => bitsA[i] || !window.Contains(i)));
        }
    }

    [Fact]
    public void Builder_merges_what_overlaps_or_touches_in_any_order()
    {
        var set = ExtentSet.Of(new Extent(20, 5), new Extent(0, 10), new Extent(10, 10), new Extent(22, 1), new Extent(40, 0));
        Assert.Equal([new Extent(0, 25)], set);
    }

    [Fact]
    public void An_extent_past_the_end_of_numbers_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Extent(long.MaxValue, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Extent(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Extent(1, -1));
    }

    [Fact]
    public void Aligning_outward_near_the_end_of_numbers_does_not_wrap()
    {
        var set = ExtentSet.Of(Extent.FromTo(long.MaxValue - 10, long.MaxValue));
        Assert.Equal(long.MaxValue, set.AlignOutward(4096, long.MaxValue)[0].End);
    }

    private static void AssertHolds(ExtentSet set, Func<int, bool> expected)
    {
        for (var i = 0; i < Universe; i++) Assert.Equal(expected(i), set.Contains(i));
        Assert.Equal(Enumerable.Range(0, Universe).Count(expected), set.TotalLength);
        for (var i = 1; i < set.Count; i++) Assert.True(set[i].Offset > set[i - 1].End, "extents must be sorted and must not touch");
        Assert.DoesNotContain(set, e => e.IsEmpty);
    }

    private static (ExtentSet Set, bool[] Bits) RandomSet(Random random)
    {
        var bits = new bool[Universe];
        var builder = new ExtentSetBuilder();
        for (var n = random.Next(6); n > 0; n--)
        {
            var extent = RandomExtent(random);
            builder.Add(extent);
            for (var i = extent.Offset; i < extent.End; i++) bits[i] = true;
        }
        return (builder.ToSet(), bits);
    }

    private static Extent RandomExtent(Random random)
    {
        var start = random.Next(Universe);
        return new Extent(start, random.Next(Universe - start + 1) / (1 + random.Next(6)));
    }
}
