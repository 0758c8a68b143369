using System.Runtime.InteropServices;
using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Model;
using RescueKit.Tui.Runtime;
using RescueKit.Tui.Terminal;

namespace RescueKit.Tui;

/// <summary>The full-screen text UI on this process's terminal: a client of the host of runs, like every other UI of the machine.</summary>
public static class TextUi
{
    /// <summary>
    /// Runs until the person leaves or the terminal goes (0), or until it is told to end (130). Runs of the host go on either way. The host need not
    /// be there yet: it is asked again until it answers. The terminal is given back as it was, whatever ends the program.
    /// </summary>
    /// <exception cref="UsageException">Standard input or output is no terminal.</exception>
    public static int Run(IRunHost host, TextUiOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(options);
        using var terminal = new UnixTerminal();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            end.Cancel();
        }
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        // Ctrl-C is a key here; while a shell has the terminal it is the shell's.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var stop = PosixSignalRegistration.Create(Signals.Stop, context => context.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => context.Cancel = true);
        void GiveBack(object? sender, EventArgs e) => terminal.Leave();
        AppDomain.CurrentDomain.ProcessExit += GiveBack;
        AppDomain.CurrentDomain.UnhandledException += GiveBack;
        try
        {
            using var app = new App(host, terminal, options, TimeProvider.System);
            return app.Run(end.Token);
        }
        finally
        {
            AppDomain.CurrentDomain.ProcessExit -= GiveBack;
            AppDomain.CurrentDomain.UnhandledException -= GiveBack;
        }
    }
}
