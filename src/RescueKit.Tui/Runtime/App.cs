using System.Collections.Concurrent;
using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Tui.Rendering;
using RescueKit.Tui.Screens;
using RescueKit.Tui.Terminal;

namespace RescueKit.Tui.Runtime;

/// <summary>
/// The loop: messages to the model, its effects to the host, its view to the terminal. All state changes on this one thread; calls to the host
/// run beside it and come back as messages.
/// </summary>
internal sealed class App(IRunHost host, ITerminal terminal, TextUiOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>How often runs are asked for.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(400);

    /// <summary>A serial line is asked for its size no more often.</summary>
    private static readonly TimeSpan SizePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LetGoLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private const int DefaultColumns = 80;
    private const int DefaultRows = 24;

    private readonly BlockingCollection<Action> _queue = [];
    private readonly CancellationTokenSource _end = new();
    private UiModel _model = new();
    private Frame? _shown;
    private (int Columns, int Rows)? _told;
    private long _askedAt;
    private Keyboard? _keyboard;
    private int? _exitCode;

    /// <returns>The exit code.</returns>
    public int Run(CancellationToken cancel)
    {
        _keyboard = new Keyboard(terminal, input => Post(() => Take(input)), () => Post(() => _exitCode ??= ExitCodes.Done));
        terminal.Resized += OnResize;
        try
        {
            terminal.Enter();
            if (terminal.Size is null) AskSize();
            _keyboard.Start();
            Loop(cancel);
            return _exitCode ?? ExitCodes.Cancelled;
        }
        catch (IOException)
        {
            // Nobody looks any more; runs are the host's and go on.
            return ExitCodes.Done;
        }
        finally
        {
            _keyboard.Stop();
            terminal.Resized -= OnResize;
            _end.Cancel();
            terminal.Leave();
            LetGoOfPlans();
        }
    }

    public void Dispose()
    {
        _end.Dispose();
        _queue.Dispose();
    }

    private void Loop(CancellationToken cancel)
    {
        var last = clock.GetTimestamp();
        Tell(new Tick(clock.GetUtcNow()));
        while (_exitCode is null && !cancel.IsCancellationRequested)
        {
            Draw();
            var wait = Beat - clock.GetElapsedTime(last);
            if (wait > TimeSpan.Zero && TryTake(wait, cancel) is { } first)
            {
                first();
                while (_exitCode is null && _queue.TryTake(out var more)) more();
            }
            if (clock.GetElapsedTime(last) < Beat) continue;
            last = clock.GetTimestamp();
            Tell(new Tick(clock.GetUtcNow()));
        }
    }

    private Action? TryTake(TimeSpan wait, CancellationToken cancel)
    {
        try
        {
            return _queue.TryTake(out var action, (int)Math.Ceiling(wait.TotalMilliseconds), cancel) ? action : null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>A plan holds its disks; without this screen nobody could start it any more.</summary>
    private void LetGoOfPlans()
    {
        foreach (var plan in _model.Plans)
        {
            try
            {
                host.CancelAsync(plan, CancellationToken.None).Wait(LetGoLimit);
            }
            catch (Exception e) when (e is AggregateException or HostException)
            {
                // The host has gone or knows it no more: then nothing is held.
            }
        }
    }

    /// <summary>From any thread; after the end nobody listens.</summary>
    private void Post(Action action)
    {
        try
        {
            _queue.Add(action);
        }
        catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException)
        {
            // The UI has ended meanwhile.
        }
    }

    private void OnResize() => Post(() => _told = null);

    private void Take(Input input)
    {
        switch (input)
        {
            case KeyInput { Key: var key }:
                // Nobody says when a window at the other end of a serial line has become smaller; whoever made it so presses a key.
                if (terminal.Size is null && clock.GetElapsedTime(_askedAt) > SizePause) AskSize();
                Tell(new KeyPressed(key));
                break;
            case PasteInput { Text: var text }:
                Tell(new Pasted(text));
                break;
            case SizeInput size when terminal.Size is null:
                _told = (size.Columns, size.Rows);
                break;
        }
    }

    /// <summary>A fault of a screen must cost no more than that screen's reaction: it is told, and the state stays as it was.</summary>
    private void Tell(Message message)
    {
        IReadOnlyList<Effect> effects;
        try
        {
            (_model, effects) = _model.Update(message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _model = _model with { Notice = new Notice("reacting to that", HostCalls.Unexpected(e), "Nothing was done; runs go on.") };
            return;
        }
        foreach (var effect in effects) Do(effect);
    }

    private void Do(Effect effect)
    {
        switch (effect)
        {
            case HostCall call:
                HostCalls.Begin(host, call, message => Post(() => Tell(message)), Patience, _end.Token);
                break;
            case OpenShell:
                OpenTheShell();
                break;
            case RedrawAll:
                _shown = null;
                if (terminal.Size is null) AskSize();
                break;
            case LeaveUi:
                _exitCode = ExitCodes.Done;
                break;
        }
    }

    private void OpenTheShell() => _keyboard?.Without(() =>
    {
        terminal.Leave();
        terminal.Write("\r\nThe shell: 'exit' goes back to RescueKit.\r\n");
        var problem = Shell.Run();
        terminal.Enter();
        _shown = null;
        if (problem is not null)
            _model = _model with { Notice = new Notice("opening the shell", new Problem(problem, "io", null, ExitCodes.Failed), null) };
    });

    /// <summary>
    /// A serial line does not know its size; the terminal at its other end may: the cursor is sent as far as it goes and its position asked
    /// for (DSR, ECMA-48 8.3.35). Whether and when the answer comes makes no difference to anything else.
    /// </summary>
    private void AskSize()
    {
        _askedAt = clock.GetTimestamp();
        terminal.Write("\e7\e[999;999H\e[6n\e8");
    }

    private void Draw()
    {
        var (columns, rows) = terminal.Size ?? _told ?? (DefaultColumns, DefaultRows);
        columns = Math.Clamp(options.Columns ?? columns, 1, 1000);
        rows = Math.Clamp(options.Rows ?? rows, 1, 500);
        Frame frame;
        try
        {
            frame = PagePainter.Paint(_model.View(), _model.Busy, _model.TakesText, columns, rows, options.Ascii);
        }
        catch (Exception e) when (e is not OutOfMemoryException && _model.Notice is null)
        {
            // The screen cannot be shown: back to one that can, with its plan let go of.
            Tell(new ScreenBroke(HostCalls.Unexpected(e)));
            return;
        }
        var changes = FrameWriter.Changes(_shown, frame, options.Monochrome);
        if (changes.Length > 0) terminal.Write(changes);
        _shown = frame;
    }
}
