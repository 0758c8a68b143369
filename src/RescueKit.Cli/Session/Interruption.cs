using System.Runtime.InteropServices;

namespace RescueKit.Cli.Session;

/// <summary>
/// What Ctrl-C, SIGTERM and a lost terminal do. Until a run executes nothing has been written, and the program ends at once; then they ask
/// the run to stop, as often as they come: a run that marks what it leaves behind must not be killed in the middle of that.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>SIGXFSZ (Linux, asm-generic/signal.h): a file has reached the user's limit of file sizes (ulimit -f).</summary>
    private const PosixSignal FileTooLarge = (PosixSignal)25;

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Lock _lock = new();
    private readonly Action _exitAtOnce;
    private bool _running;

    /// <param name="exitAtOnce">Ends the process; called while nothing is being written.</param>
    public Interruption(Action exitAtOnce) => _exitAtOnce = exitAtOnce;

    /// <summary>What SIGHUP does instead of what it does to others: a service reads its configuration again. Null for nothing else.</summary>
    public Action? Hangup { get; set; }

    /// <summary>Listens for the signals from now on.</summary>
    public void Watch()
    {
        // Not to be killed by it: the write that met the limit fails, too, and says where.
        _registrations.Add(PosixSignalRegistration.Create(FileTooLarge, context => context.Cancel = true));
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                if (signal == PosixSignal.SIGHUP && Hangup is { } instead) instead();
                else Signalled();
            }));
        }
    }

    /// <summary>From now on a signal cancels the token and does nothing else.</summary>
    public CancellationToken BeginRun()
    {
        lock (_lock) _running = true;
        return _source.Token;
    }

    /// <summary>
    /// Carries out what has to be taken away again though nothing is written yet: meanwhile a signal cancels the token, and after it ends the program
    /// at once again.
    /// </summary>
    public T Prepare<T>(Func<CancellationToken, T> prepare)
    {
        var cancel = BeginRun();
        try
        {
            return prepare(cancel);
        }
        finally
        {
            lock (_lock) _running = false;
        }
    }

    public void Signalled()
    {
        lock (_lock)
        {
            if (!_running) _exitAtOnce();
        }
        _source.Cancel();
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }
}
