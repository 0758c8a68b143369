using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Tools;

public class ToolRunnerTests
{
    private readonly ToolRunner _tools = new();

    [Fact]
    public void Output_errors_input_and_exit_code_are_passed_on()
    {
        var outcome = _tools.Run(new ToolCall("sh", "-c", "cat; echo trouble >&2; exit 3") { Input = "words"u8.ToArray() });
        Assert.Equal((3, "words", "trouble"), (outcome.ExitCode, outcome.Output, outcome.Complaint));
    }

    [Fact]
    public void No_shell_sees_the_arguments() => Assert.Equal("$HOME; *\n", _tools.Run(new ToolCall("echo", "$HOME; *")).Output);

    [Fact]
    public void A_program_that_is_missing_or_does_not_end_is_an_error_in_words()
    {
        Assert.False(_tools.Has("no-such-program"));
        Assert.Contains("no-such-program", Assert.Throws<DeviceException>(() => _tools.Run(new ToolCall("no-such-program"))).Message, StringComparison.Ordinal);
        Assert.Contains("did not end", Assert.Throws<DeviceException>(() => _tools.Run(new ToolCall("sleep", "600") { Limit = TimeSpan.FromMilliseconds(200) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_leaves_a_child_with_its_pipes_does_not_keep_its_caller()
    {
        var outcome = _tools.Run(new ToolCall("sh", "-c", "sleep 60 & exit 0") { Limit = TimeSpan.FromSeconds(30) });
        Assert.Equal(0, outcome.ExitCode);
    }
}
