using RescueKit.Model;

namespace RescueKit.Testing.Contracts;

/// <summary>What every block target promises. Each run of changes is compared with the same changes to an array.</summary>
public abstract class BlockTargetContract : BlockSourceContract
{
    /// <summary>A target that holds exactly these bytes; the caller disposes it.</summary>
    protected abstract IBlockTarget CreateTarget(byte[] content);

    protected override IBlockSource CreateSource(byte[] content) => CreateTarget(content);

    [Fact]
    public void Writes_and_zeros_of_any_alignment_change_their_range_alone()
    {
        var expected = Content();
        using var target = CreateTarget(expected);
        var random = new Random(4);
        for (var round = 0; round < 300; round++)
        {
            var length = random.Next(5) == 0 ? random.Next(200_000) : random.Next(9000);
            var offset = random.Next(expected.Length - length + 1);
            if (random.Next(3) == 0) (offset, length) = (offset & ~4095, length & ~4095);
            if (random.Next(4) == 0)
            {
                target.WriteZeros(new Extent(offset, length));
                expected.AsSpan(offset, length).Clear();
            }
            else
            {
                var bytes = new byte[length];
                random.NextBytes(bytes);
                target.Write(offset, bytes);
                bytes.CopyTo(expected, offset);
            }
            if (round % 100 == 50) target.Flush();
        }
        AssertHolds(target, expected);
    }

    [Fact]
    public void Zeros_over_data_that_was_just_written_are_zeros()
    {
        using var target = CreateTarget(Content());
        var ones = new byte[100_000];
        Array.Fill(ones, (byte)1);
        target.Write(5000, ones);
        target.WriteZeros(new Extent(4000, 110_000));
        var back = new byte[110_000];
        target.Read(4000, back);
        Assert.False(back.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_discard_leaves_everything_else_as_it_was()
    {
        var content = Content();
        using var target = CreateTarget(content);
        target.Discard(new Extent(100_001, 150_000));
        target.Discard(new Extent(7, 3));
        target.Discard(new Extent(9, 0));
        AssertSame(target, content, new Extent(10, 99_991));
        AssertSame(target, content, Extent.FromTo(250_001, content.Length));
    }

    [Fact]
    public void Nothing_is_written_outside()
    {
        var content = Content();
        using var target = CreateTarget(content);
        Assert.Throws<ArgumentOutOfRangeException>(() => target.Write(target.Length - 1, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => target.Write(-1, new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => target.WriteZeros(new Extent(target.Length, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => target.Discard(new Extent(target.Length - 1, 2)));
        AssertHolds(target, content);
    }

    [Fact]
    public void Neighbours_written_by_several_threads_all_arrive()
    {
        var expected = Content();
        using var target = CreateTarget(expected);
        const int Piece = 1000; // shares sectors with its neighbours
        Parallel.For(0, 200, piece =>
        {
            var bytes = new byte[Piece];
            Array.Fill(bytes, (byte)(piece + 1));
            target.Write((long)piece * Piece, bytes);
        });
        for (var piece = 0; piece < 200; piece++) expected.AsSpan(piece * Piece, Piece).Fill((byte)(piece + 1));
        AssertHolds(target, expected);
    }

    [Fact]
    public void After_a_flush_all_that_was_written_counts_as_durable()
    {
        using var target = CreateTarget(Content());
        target.Flush();
        var before = target.DurableBytes;
        target.Write(4096, new byte[8192]);
        target.Write(100_001, new byte[999]);
        Assert.InRange(target.DurableBytes - before, 0, 8192 + 999);
        target.Flush();
        Assert.Equal(8192 + 999, target.DurableBytes - before);
    }

    private static void AssertHolds(IBlockTarget target, byte[] expected) => AssertSame(target, expected, new Extent(0, expected.Length));

    private static void AssertSame(IBlockTarget target, byte[] expected, Extent range)
    {
        var actual = new byte[range.Length];
        target.Read(range.Offset, actual);
        var wanted = expected.AsSpan((int)range.Offset, (int)range.Length);
        var same = wanted.CommonPrefixLength(actual);
        Assert.True(same == actual.Length, $"first difference at {range.Offset + same}");
    }
}
