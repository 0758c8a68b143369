using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Tools;

public class PatienceTests
{
    [Fact]
    public void Work_that_hangs_is_left_behind_and_said_so()
    {
        using var never = new ManualResetEventSlim();
        var error = Assert.Throws<DeviceException>(() => Patience.Run("nas:/backup", TimeSpan.FromMilliseconds(100), () => never.Wait(TimeSpan.FromMinutes(1))));
        Assert.Equal("nas:/backup does not answer", error.Message);
        never.Set();
    }

    [Fact]
    public void Work_that_ends_gives_its_result_or_its_error()
    {
        Assert.Equal(7, Patience.Run("x", TimeSpan.FromMinutes(1), () => 7));
        Assert.Throws<UsageException>(() => Patience.Run<int>("x", TimeSpan.FromMinutes(1), () => throw new UsageException("no")));
    }
}
