using System.Diagnostics;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Consoles;

/// <summary>A program in a real terminal (tmux's), driven by key strokes and looked at as a person does. It ends with the test.</summary>
internal sealed class TmuxScreen : IDisposable
{
    /// <summary>Machines differ by a factor of three, and emulated ones are slow.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    private const string Ended = "the program has ended with exit code ";

    private readonly TempFolder _folder = new();

    public TmuxScreen(IEnumerable<string> command, int columns = 80, int rows = 24)
    {
        File.WriteAllText(_folder.File("conf"), "set -g status off\nset -g escape-time 0\n");
        // A shell waits for the end: tmux itself (remain-on-exit) sometimes loses the signal of it. What the program ends with stays on the screen.
        Must(["new-session", "-d", "-x", $"{columns}", "-y", $"{rows}", "--", "sh", "-c", $"\"$@\"; printf '\\n{Ended}%s\\n' $?; exec sleep 86400", "sh", .. command]);
    }

    /// <summary>The lines that are on the screen now.</summary>
    public string Text => Must(["capture-pane", "-p"]).Output;

    /// <summary>Presses keys by tmux's names: Enter, Escape, Up, Down, Tab, F1, C-c, or a character.</summary>
    public void Press(params string[] keys) => Must(["send-keys", .. keys]);

    /// <summary>Types a text as it is.</summary>
    public void Type(string text) => Must(["send-keys", "-l", text]);

    /// <summary>Waits until the screen shows a text; returns all of the screen.</summary>
    public string WaitFor(string text) => WaitFor(screen => screen.Contains(text, StringComparison.Ordinal), $"'{text}'");

    public string WaitFor(Func<string, bool> condition, string what)
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            var screen = Text;
            if (condition(screen)) return screen;
            if (Stopwatch.GetElapsedTime(start) > s_limit || HasEnded(screen))
                throw new ToolFailedException($"{what} did not come; the screen shows:\n{screen}");
            Thread.Sleep(200);
        }
    }

    /// <summary>Waits until the program has ended.</summary>
    public void WaitForEnd() => WaitFor(HasEnded, "the end of the program");

    private static bool HasEnded(string screen) => screen.Contains(Ended, StringComparison.Ordinal);

    /// <summary>Moves the mark in a list onto the line that has a text, by arrow keys.</summary>
    /// <param name="mark">What stands before the chosen line.</param>
    public void Choose(string text, string mark = "▸")
    {
        for (var step = 0; step < 60; step++)
        {
            var screen = WaitFor(screen => screen.Contains(text, StringComparison.Ordinal) && screen.Contains(mark, StringComparison.Ordinal), $"a list with '{text}'");
            var lines = screen.Split('\n');
            var at = Array.FindIndex(lines, line => line.Contains(mark, StringComparison.Ordinal));
            var wanted = Array.FindIndex(lines, line => line.Contains(text, StringComparison.Ordinal));
            if (at == wanted) return;
            Press(at < wanted ? "Down" : "Up");
            // The screen may change for other reasons, or be half drawn: a second stroke before the first one was answered would go too far.
            WaitFor(now => Marked(now, mark) is { } line && line != lines[at], "the mark to move");
        }
        throw new ToolFailedException($"the mark does not come to '{text}':\n{Text}");
    }

    private static string? Marked(string screen, string mark) => screen.Split('\n').FirstOrDefault(line => line.Contains(mark, StringComparison.Ordinal));

    public void Dispose()
    {
        Tool.Run(Request(["kill-server"]));
        _folder.Dispose();
    }

    private ToolResult Must(IEnumerable<string> arguments) => Tool.Must(Request(arguments));

    private ToolRequest Request(IEnumerable<string> arguments) =>
        new("tmux", ["-u", "-S", _folder.File("socket"), "-f", _folder.File("conf"), .. arguments]) { Environment = new Dictionary<string, string> { ["TERM"] = "xterm-256color" } };
}
