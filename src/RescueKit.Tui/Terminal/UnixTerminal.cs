using System.Runtime.InteropServices;
using System.Text;
using RescueKit.Model;

namespace RescueKit.Tui.Terminal;

/// <summary>The terminal on standard input and output.</summary>
internal sealed class UnixTerminal : ITerminal, IDisposable
{
    private const int In = 0;
    private const int Out = 1;

    /// <summary>Alternate screen, no cursor, no wrapping at the last column, pasted text marked; what a terminal does not know it ignores.</summary>
    private const string Take = "\e[?1049h\e[?25l\e[?7l\e[?2004h\e[0m\e[2J";
    private const string Give = "\e[?2004l\e[?7h\e[0m\e[2J\e[H\e[?25h\e[?1049l";

    private readonly Lock _lock = new();
    private readonly TtySettings _before;
    private readonly PosixSignalRegistration _resize;
    private bool _taken;

    /// <exception cref="UsageException">Standard input or output is no terminal.</exception>
    public UnixTerminal()
    {
        if (!Tty.IsTerminal(In) || !Tty.IsTerminal(Out) || Tty.Settings(In) is not { } settings)
            throw new UsageException("the text UI needs a terminal on standard input and output", "run it in a terminal, or use the other commands in scripts");
        _before = settings;
        _resize = PosixSignalRegistration.Create(Signals.WindowChange, _ => Resized?.Invoke());
    }

    public event Action? Resized;

    public (int Columns, int Rows)? Size => Tty.Size(Out);

    public void Enter()
    {
        lock (_lock)
        {
            if (_taken) return;
            _taken = true;
            Tty.Apply(In, Tty.Raw(_before));
            Write(Take);
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (!_taken) return;
            _taken = false;
            // A terminal that has gone needs nothing to be restored.
            Tty.Write(Out, Encoding.ASCII.GetBytes(Give));
            Tty.Apply(In, _before);
        }
    }

    public int Read(Span<byte> buffer, TimeSpan wait) => Tty.Read(In, buffer, (int)wait.TotalMilliseconds);

    public void Write(string text)
    {
        if (!Tty.Write(Out, Encoding.UTF8.GetBytes(text))) throw new IOException("the terminal has gone");
    }

    public void Dispose()
    {
        _resize.Dispose();
        Leave();
    }
}
