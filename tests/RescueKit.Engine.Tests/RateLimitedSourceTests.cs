using RescueKit.Engine.Reading;
using RescueKit.Model;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

public class RateLimitedSourceTests : BlockSourceContract
{
    private const int MiB = 1 << 20;

    [Fact]
    public void Bytes_come_at_the_rate_and_are_the_sources()
    {
        var clock = new ManualClock { SkipsWaits = true };
        var bytes = new byte[8 * MiB];
        new Random(1).NextBytes(bytes);
        using var source = Limited(bytes, MiB, clock);
        var read = new byte[bytes.Length];
        var began = clock.GetUtcNow();
        for (var offset = 0; offset < read.Length; offset += MiB) source.Read(offset, read.AsSpan(offset, MiB));
        Assert.Equal(bytes, read);
        Assert.InRange((clock.GetUtcNow() - began).TotalSeconds, 7.4, 8.1);
    }

    [Fact]
    public void A_pause_is_not_made_up_for()
    {
        var clock = new ManualClock { SkipsWaits = true };
        using var source = Limited(new byte[4 * MiB], MiB, clock);
        clock.Advance(TimeSpan.FromHours(1));
        var began = clock.GetUtcNow();
        source.Read(0, new byte[4 * MiB]);
        Assert.InRange((clock.GetUtcNow() - began).TotalSeconds, 3.4, 4.1);
    }

    [Fact]
    public void Several_threads_share_it()
    {
        var clock = new ManualClock { SkipsWaits = true };
        using var source = Limited(new byte[8 * MiB], MiB, clock);
        var began = clock.GetUtcNow();
        Parallel.For(0, 8, i => source.Read(i * MiB, new byte[MiB]));
        Assert.True((clock.GetUtcNow() - began).TotalSeconds >= 7.4);
    }

    [Fact]
    public void A_run_that_is_cancelled_does_not_wait_for_its_turn()
    {
        using var cancel = new CancellationTokenSource();
        using var source = Limited(new byte[4 * MiB], 1, new ManualClock());
        source.Cancel = cancel.Token;
        var reading = Task.Run(() => source.Read(0, new byte[4 * MiB]));
        cancel.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => reading.GetAwaiter().GetResult());
    }

    protected override IBlockSource CreateSource(byte[] content) => Limited(content, long.MaxValue, new ManualClock());

    private static RateLimitedSource Limited(byte[] bytes, long rate, ManualClock clock) => new(MemoryDisk.FromBytes(bytes), rate, clock);
}
