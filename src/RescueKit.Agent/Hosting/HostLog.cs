using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Hosting;

/// <summary>The host's log: the last lines are kept for the UIs, each one goes to the sink as it comes. May be called from any thread.</summary>
/// <param name="sink">Whoever keeps the log for longer, and whether the line tells of something that went wrong; null for nobody.</param>
internal sealed class HostLog(TimeProvider clock, Action<LogLine, bool>? sink)
{
    private const int MostLines = 2000;

    private readonly Lock _lock = new();
    private readonly Queue<LogLine> _lines = [];
    private long _last;

    public void Write(string text) => Write(text, isProblem: false);

    public void Write(string text, bool isProblem)
    {
        lock (_lock)
        {
            var line = new LogLine(++_last, clock.GetUtcNow(), text.ReplaceLineEndings(" "));
            _lines.Enqueue(line);
            if (_lines.Count > MostLines) _lines.Dequeue();
            sink?.Invoke(line, isProblem);
        }
    }

    public IReadOnlyList<LogLine> After(long number)
    {
        lock (_lock) return [.. _lines.Where(line => line.Number > number)];
    }

    public string AllText() => string.Concat(After(0).Select(line => Format(line) + "\n"));

    private static string Format(LogLine line) => $"{line.At:yyyy-MM-dd HH:mm:ss}Z {line.Text}";
}
