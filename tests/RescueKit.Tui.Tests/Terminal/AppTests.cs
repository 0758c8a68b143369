using System.Diagnostics;
using RescueKit.Tui.Runtime;
using RescueKit.Tui.Screens;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Terminal;

public sealed class AppTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly FakeRunHost _host = new() { Machine = Samples.Machine with { IsRescueEnvironment = false } };
    private readonly FakeTerminal _terminal = new();
    private readonly CancellationTokenSource _cancel = new();
    private Task<int>? _run;

    [Fact]
    public async Task The_screen_is_taken_drawn_and_given_back()
    {
        Start();
        WaitFor("3 found");
        _terminal.Type("q");
        WaitFor("Leave RescueKit?");
        _terminal.Type("\e[B\r");
        Assert.Equal(0, await _run!.WaitAsync(Limit));
        Assert.Equal(1, _terminal.Entered);
        Assert.Equal(1, _terminal.Left);
    }

    [Fact]
    public async Task Being_told_to_end_gives_the_screen_back()
    {
        Start();
        WaitFor("3 found");
        _cancel.Cancel();
        Assert.Equal(130, await _run!.WaitAsync(Limit));
        Assert.Equal(1, _terminal.Left);
    }

    [Fact]
    public async Task A_plan_that_was_not_started_is_let_go_at_the_end()
    {
        Start();
        WaitFor("3 found");
        _terminal.Type("/verify\r\r");
        WaitFor("which image?");
        _terminal.Type("\r");
        WaitFor("last step");
        _cancel.Cancel();
        await _run!.WaitAsync(Limit);
        Assert.Contains("cancel 1", _host.Calls);
    }

    [Fact]
    public async Task The_end_of_input_ends_the_ui()
    {
        Start();
        WaitFor("3 found");
        _terminal.End();
        Assert.Equal(0, await _run!.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_terminal_that_goes_away_ends_the_ui_without_an_error()
    {
        Start();
        WaitFor("3 found");
        _terminal.IsGone = true;
        _terminal.Type("\e[B");
        Assert.Equal(0, await _run!.WaitAsync(Limit));
    }

    [Fact]
    public void A_serial_line_is_asked_for_its_size_and_works_without_an_answer()
    {
        _terminal.Size = null;
        Start();
        WaitFor("\e[6n");
        WaitFor("\e[24;");
        _terminal.Type("\e[43;132R");
        WaitFor("\e[43;");
    }

    [Fact]
    public void A_serial_line_whose_window_has_changed_is_noticed_at_the_next_key()
    {
        const string question = "\e[6n";
        _terminal.Size = null;
        Start();
        WaitFor("3 found");
        var clock = Stopwatch.StartNew();
        while (_terminal.Written.Split(question).Length < 3)
        {
            Assert.True(clock.Elapsed < Limit, "it is not asked again");
            _terminal.Type("\e[B");
            Thread.Sleep(100);
        }
        _terminal.Type("\e[10;40R");
        WaitFor("40x10");
        _terminal.Type("\e[30;100R");
        WaitFor("\e[30;");
    }

    [Fact]
    public void A_host_that_throws_anything_at_all_is_survived()
    {
        _host.Failing["disks"] = new InvalidOperationException("a bug of the host");
        Start();
        WaitFor("a bug of the host");
        _terminal.Type("\r");
        _terminal.Type("?");
        WaitFor("Keys of this screen");
        Assert.DoesNotContain("   at ", _terminal.Written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_never_answers_is_said_not_to()
    {
        var told = new TaskCompletionSource<Message>();
        var poll = new HostCall(null, null, async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return new Detached();
        });
        HostCalls.Begin(_host, poll, told.SetResult, TimeSpan.FromMilliseconds(50), _cancel.Token);
        var failed = Assert.IsType<Failed>(await told.Task.WaitAsync(Limit));
        Assert.Contains("does not answer", failed.Problem.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_of_size_is_drawn()
    {
        Start();
        WaitFor("3 found");
        _terminal.Resize(40, 10);
        WaitFor("40x10");
        _terminal.Resize(100, 30);
        WaitFor("\e[30;");
    }

    public void Dispose()
    {
        _cancel.Cancel();
        _run?.Wait(Limit);
        _cancel.Dispose();
    }

    private void Start() => _run = Task.Run(() =>
    {
        using var app = new App(_host, _terminal, new TextUiOptions(), TimeProvider.System);
        return app.Run(_cancel.Token);
    });

    private void WaitFor(string text)
    {
        var clock = Stopwatch.StartNew();
        while (!_terminal.Screen.Contains(text, StringComparison.Ordinal) && !_terminal.Written.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(clock.Elapsed < Limit, $"'{text}' was not written; the screen shows:\n{_terminal.Screen}");
            Thread.Sleep(20);
        }
    }
}
