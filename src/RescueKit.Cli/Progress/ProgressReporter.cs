using RescueKit.Cli.Terminals;
using RescueKit.Engine;

namespace RescueKit.Cli.Progress;

/// <summary>
/// Shows where a run stands: a bar redrawn in place on a terminal; a plain line for the first, each new phase, every few seconds and the last
/// one elsewhere. May be called from any thread.
/// </summary>
internal sealed class ProgressReporter(ITerminal terminal, TimeProvider clock) : IDisposable
{
    internal static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);
    internal static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(100);
    private const int NarrowestTerminal = 30;

    private readonly Lock _lock = new();
    private RunProgress? _latest;
    private RunProgress? _shown;
    private string? _lastLine;
    private long _shownAt;
    private bool _drawn;
    private bool _ended;

    public void Report(RunProgress progress)
    {
        lock (_lock)
        {
            if (_ended) return;
            _latest = progress;
            var columns = terminal.ErrorColumns;
            var interval = columns >= NarrowestTerminal ? RedrawInterval : LineInterval;
            var due = _shown is not { } shown || shown.Phase != progress.Phase || clock.GetElapsedTime(_shownAt) >= interval;
            if (due) Show(progress, columns);
        }
    }

    /// <summary>Shows the last state, if it has not been shown, and leaves the terminal on a line of its own.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_ended) return;
            _ended = true;
            if (_latest is { } latest && latest != _shown) Show(latest, terminal.ErrorColumns);
            if (_drawn) terminal.Error.WriteLine();
        }
    }

    private void Show(RunProgress progress, int columns)
    {
        _shown = progress;
        _shownAt = clock.GetTimestamp();
        if (columns >= NarrowestTerminal)
        {
            // The last column stays free: writing there would wrap on some terminals.
            terminal.Redraw(ProgressText.Bar(progress, columns - 1, terminal.Unicode));
            _drawn = true;
        }
        else
        {
            var line = ProgressText.Line(progress);
            if (line != _lastLine) terminal.Error.WriteLine(line);
            _lastLine = line;
        }
    }
}
