using RescueKit.Model;

namespace RescueKit.Testing.Contracts;

/// <summary>What every block source promises, whatever it reads from. Inherit, and make one that holds given bytes.</summary>
public abstract class BlockSourceContract
{
    /// <summary>Whole sectors of every size, with a stretch of zeros.</summary>
    protected static byte[] Content(int seed = 1)
    {
        var content = new byte[(1 << 20) + 12288];
        new Random(seed).NextBytes(content);
        content.AsSpan(300_000, 400_000).Clear();
        return content;
    }

    /// <summary>A source that holds exactly these bytes; the caller disposes it.</summary>
    protected abstract IBlockSource CreateSource(byte[] content);

    [Fact]
    public void Length_is_exact_and_sectors_are_powers_of_two()
    {
        using var source = CreateSource(Content());
        Assert.Equal(Content().Length, source.Length);
        Assert.True(int.IsPow2(source.Geometry.LogicalSectorSize) && source.Geometry.LogicalSectorSize >= 512);
        Assert.True(source.Geometry.PhysicalSectorSize >= source.Geometry.LogicalSectorSize);
        Assert.NotEmpty(source.Name);
    }

    [Fact]
    public void Any_range_into_any_memory_reads_what_is_there()
    {
        var content = Content();
        using var source = CreateSource(content);
        var random = new Random(2);
        for (var round = 0; round < 300; round++)
        {
            var length = random.Next(4) == 0 ? random.Next(content.Length) : random.Next(9000);
            var offset = random.Next(content.Length - length + 1);
            if (random.Next(3) == 0) (offset, length) = (offset & ~4095, length & ~4095);
            var memory = new byte[length + 16];
            var buffer = memory.AsSpan(random.Next(16), length);
            source.Read(offset, buffer);
            Assert.True(buffer.SequenceEqual(content.AsSpan(offset, length)), $"{length} bytes at {offset} differ");
        }
    }

    [Fact]
    public void Aligned_memory_reads_the_whole_source_at_once()
    {
        var content = Content();
        using var source = CreateSource(content);
        using var buffer = new AlignedBuffer(content.Length);
        source.Read(0, buffer.Span);
        Assert.True(buffer.Span.SequenceEqual(content));
    }

    [Fact]
    public void Nothing_is_read_outside()
    {
        using var source = CreateSource(Content());
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(source.Length - 4, new byte[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(-1, new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Read(long.MaxValue, new byte[1]));
        source.Read(source.Length, []);
    }

    [Fact]
    public void What_is_not_data_is_zero()
    {
        var content = Content();
        using var source = CreateSource(content);
        var random = new Random(3);
        for (var round = 0; round < 100; round++)
        {
            var start = random.Next(content.Length);
            var window = Extent.FromTo(start, random.Next(start, content.Length + 1));
            var data = source.DataIn(window);
            Assert.True(ExtentSet.Of(window).IsSupersetOf(data), $"{data} is not inside {window}");
            foreach (var hole in data.ComplementIn(window))
                Assert.False(content.AsSpan((int)hole.Offset, (int)hole.Length).ContainsAnyExcept((byte)0), $"{hole} was said to be zero");
        }
    }

    [Fact]
    public void Threads_do_not_disturb_each_other()
    {
        var content = Content();
        using var source = CreateSource(content);
        Parallel.For(0, 8, thread =>
        {
            var random = new Random(thread);
            var buffer = new byte[20_000];
            for (var round = 0; round < 100; round++)
            {
                var length = random.Next(buffer.Length);
                var offset = random.Next(content.Length - length);
                source.Read(offset, buffer.AsSpan(0, length));
                Assert.True(buffer.AsSpan(0, length).SequenceEqual(content.AsSpan(offset, length)));
                source.DataIn(new Extent(offset, length));
            }
        });
    }
}
