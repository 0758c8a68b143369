using RescueKit.Snapshots.DeviceMapper;

namespace RescueKit.Snapshots.Tests;

public class LookoutTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5), s_limit = TimeSpan.FromMinutes(1);

    [Fact]
    public void However_long_a_look_takes_no_other_one_waits_for_it()
    {
        using var mayEnd = new ManualResetEventSlim();
        using var hasBegun = new ManualResetEventSlim();
        using var again = new CountdownEvent(2);
        var looks = 0;
        using var lookout = new Lookout(() =>
        {
            Interlocked.Increment(ref looks);
            hasBegun.Set();
            mayEnd.Wait(s_limit);
            if (!again.IsSet) again.Signal();
        }, s_interval);
        Assert.True(hasBegun.Wait(s_limit));
        using (var ticks = new CountdownEvent(20))
        {
            using var clock = new Timer(_ => { if (!ticks.IsSet) ticks.Signal(); }, null, s_interval, s_interval);
            Assert.True(ticks.Wait(s_limit));
        }
        Assert.Equal(1, Volatile.Read(ref looks));
        mayEnd.Set();
        Assert.True(again.Wait(s_limit));
    }
}
