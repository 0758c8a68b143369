using System.Diagnostics;

namespace RescueKit.Tui.Tests.Terminal;

/// <summary>The UI on a real pseudo-terminal, through tmux (scripts/setup --test installs it).</summary>
public sealed class PseudoTerminalTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly string _socket = $"rescuekit-{Guid.NewGuid():N}";

    [Fact]
    public void Keys_sizes_the_shell_and_the_end_work_on_a_real_terminal()
    {
        if (!IsInstalled) return;
        Start(80, 24);
        WaitFor("RescueKit 1.0");
        Send("Down");
        WaitFor("▸ Back up a disk");
        Send("Up");
        Tmux("resize-window", "-x", "40", "-y", "10");
        WaitFor("needs 60x20");
        Tmux("resize-window", "-x", "100", "-y", "30");
        WaitFor("▸ Restore a disk");
        Send("F1");
        WaitFor("Keys of this screen");
        Send("Escape");
        WaitFor("▸ Restore a disk");
        Send("End", "Enter");
        WaitFor("a command line on this screen");
        Send("Down", "Enter");
        WaitFor("'exit' goes back");
        Send("-l", "echo in$((1+1))shell");
        Send("Enter");
        WaitFor("in2shell");
        Send("-l", "exit");
        Send("Enter");
        WaitFor("▸ Shell");
    }

    [Fact]
    public void The_terminal_is_given_back_when_the_program_is_told_to_end()
    {
        if (!IsInstalled) return;
        Start(80, 24);
        WaitFor("RescueKit 1.0");
        Tmux("send-keys", "-t", "ui", "Down");
        using (var kill = Process.Start("kill", ["-TERM", ProgramId()])!) kill.WaitForExit();
        WaitFor("ENDED 130");
        var shown = Capture();
        Assert.DoesNotContain("-echo ", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("-icanon", shown, StringComparison.Ordinal);
        Assert.Equal("1", Tmux("display-message", "-p", "-t", "ui", "#{cursor_flag}").Trim());
        Assert.Equal("0", Tmux("display-message", "-p", "-t", "ui", "#{alternate_on}").Trim());
    }

    public void Dispose()
    {
        if (IsInstalled) Run("kill-server");
    }

    private static bool IsInstalled => File.Exists("/usr/bin/tmux");

    private void Start(int columns, int rows)
    {
        var program = typeof(PseudoTerminalTests).Assembly.Location;
        Tmux("-f", "/dev/null", "new-session", "-d", "-s", "ui", "-x", $"{columns}", "-y", $"{rows}",
            $"env LC_ALL=C.UTF-8 SHELL=/bin/sh dotnet {program}; code=$?; stty -a; echo ENDED $code; sleep 600");
    }

    private string ProgramId()
    {
        var shell = Tmux("display-message", "-p", "-t", "ui", "#{pane_pid}").Trim();
        return File.ReadAllText($"/proc/{shell}/task/{shell}/children").Trim().Split(' ')[0];
    }

    private void Send(params string[] keys) => Tmux(["send-keys", "-t", "ui", .. keys]);

    private string Capture() => Tmux("capture-pane", "-p", "-t", "ui");

    private void WaitFor(string text)
    {
        var clock = Stopwatch.StartNew();
        while (!Capture().Contains(text, StringComparison.Ordinal))
        {
            Assert.True(clock.Elapsed < Limit, $"'{text}' did not appear; the screen shows:\n{Capture()}");
            Thread.Sleep(100);
        }
    }

    private string Tmux(params string[] arguments)
    {
        var (output, error, exitCode) = Run(arguments);
        Assert.True(exitCode == 0, $"tmux {string.Join(' ', arguments)} ended with {exitCode}: {error}");
        return output;
    }

    private (string Output, string Error, int ExitCode) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("tmux", ["-L", _socket, "-u", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var tmux = Process.Start(start)!;
        var output = tmux.StandardOutput.ReadToEnd();
        var error = tmux.StandardError.ReadToEnd();
        tmux.WaitForExit();
        return (output, error, tmux.ExitCode);
    }
}
