namespace RescueKit.Cli.Tests.Program;

public class StreamTests
{
    [Fact]
    public void A_reader_that_leaves_early_is_no_error()
    {
        var result = Rescuekit.Shell("for i in 1 2 3 4 5; do \"$R\" image create --help | head -n 1; echo \"${PIPESTATUS[*]}\"; \"$R\" --help | true; done");
        Assert.Equal("", result.Error);
        Assert.Equal(5, result.Output.Split('\n').Count(line => line == "0 0"));
    }

    [Fact]
    public void A_closed_standard_output_is_like_nobody_reading() =>
        Assert.Equal("0\n", Rescuekit.Shell("\"$R\" --help >&-; echo $?").Output);

    [Fact]
    public void A_full_standard_output_is_a_failure()
    {
        var result = Rescuekit.Shell("\"$R\" --help >/dev/full; echo $?");
        Assert.Equal("1\n", result.Output);
        Assert.StartsWith("error: standard output cannot be written", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_standard_error_changes_no_exit_code() =>
        Assert.Equal("2\n", Rescuekit.Shell("\"$R\" bogus 2>&-; echo $?").Output);

    [Fact]
    public void All_streams_closed_changes_no_exit_code() =>
        Assert.Equal("2\n", Rescuekit.Shell("(\"$R\" bogus <&- >&- 2>&-; exit $?); echo $?").Output);
}
