using RescueKit.Cli.Session;

namespace RescueKit.Cli.Tests.Session;

public sealed class InterruptionTests : IDisposable
{
    private readonly Interruption _interruption;
    private int _exits;

    public InterruptionTests() => _interruption = new Interruption(() => _exits++);

    public void Dispose() => _interruption.Dispose();

    [Fact]
    public void Before_a_run_a_signal_ends_the_program_at_once()
    {
        _interruption.Signalled();
        Assert.Equal(1, _exits);
    }

    [Fact]
    public void During_a_run_signals_ask_it_to_stop_and_never_kill_it()
    {
        var cancel = _interruption.BeginRun();
        Assert.False(cancel.IsCancellationRequested);
        _interruption.Signalled();
        _interruption.Signalled();
        Assert.True(cancel.IsCancellationRequested);
        Assert.Equal(0, _exits);
    }
}
