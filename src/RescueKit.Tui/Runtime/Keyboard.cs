using RescueKit.Tui.Terminal;

namespace RescueKit.Tui.Runtime;

/// <summary>Reads the terminal on a thread of its own, so that a slow host never swallows keys; stands still while a shell has the terminal.</summary>
internal sealed class Keyboard(ITerminal terminal, Action<Input> decoded, Action ended)
{
    /// <summary>Long enough for the rest of a key's sequence on a slow serial line, short enough for Esc to feel like a key.</summary>
    private static readonly TimeSpan EscapePause = TimeSpan.FromMilliseconds(80);
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(200);

    private readonly Lock _reading = new();
    private volatile bool _stopped;

    public void Start() => new Thread(Loop) { IsBackground = true, Name = "keyboard" }.Start();

    public void Stop() => _stopped = true;

    /// <summary>Runs something that reads the terminal itself.</summary>
    public void Without(Action use)
    {
        lock (_reading) use();
    }

    private void Loop()
    {
        var decoder = new KeyDecoder();
        Span<byte> buffer = stackalloc byte[256];
        while (!_stopped)
        {
            int got;
            lock (_reading) got = terminal.Read(buffer, decoder.IsPending ? EscapePause : Wait);
            if (got < 0)
            {
                ended();
                return;
            }
            foreach (var input in got == 0 ? decoder.Pause() : decoder.Feed(buffer[..got])) decoded(input);
            // A lock is not fair: without this a waiting shell might never get the terminal.
            Thread.Yield();
        }
    }
}
