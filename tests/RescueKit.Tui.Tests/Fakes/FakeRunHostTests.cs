namespace RescueKit.Tui.Tests.Fakes;

public class FakeRunHostTests
{
    /// <summary>A UI asks for disks, places and images at once; the host in memory once lost its temper over that, one time in thousands.</summary>
    [Fact]
    public void It_can_be_asked_from_many_threads()
    {
        var host = new FakeRunHost();
        Parallel.For(0, 20_000, _ => host.GetDisksAsync(CancellationToken.None).Wait());
        Assert.Equal(20_000, host.Calls.Count);
    }
}
