using System.Text.Json;

namespace RescueKit.Cli.Tests.Program;

/// <summary>Wrong command lines: exit code 2, one line that names what is wrong, and where help is. Nothing on standard output.</summary>
public class UsageTests
{
    [Theory]
    [InlineData("", "rescuekit --help")]
    [InlineData("disk", "rescuekit disk --help")]
    [InlineData("bogus", "rescuekit --help")]
    [InlineData("disk show", "rescuekit disk show --help")]
    [InlineData("disk show a b", "rescuekit disk show --help")]
    [InlineData("image create only-source", "rescuekit image create --help")]
    [InlineData("image create a b --split", "rescuekit image create --help")]
    [InlineData("image create a b --split 4X", "rescuekit image create --help")]
    [InlineData("image create a b --codec gzip", "rescuekit image create --help")]
    [InlineData("image create a b --partition two", "rescuekit image create --help")]
    [InlineData("image create a b --codec zstd --level 20", "rescuekit image create --help")]
    [InlineData("image create a b --level 3", "--codec zstd")]
    [InlineData("image create a b --chunk-size 5000", "rescuekit image create --help")]
    [InlineData("image create a b --chunk-size 8M", "rescuekit image create --help")]
    [InlineData("image create a b --rate-limit 1K", "rescuekit image create --help")]
    [InlineData("image create a b --scratch /tmp", "leave it out")]
    [InlineData("image create a b --rate-limit fast", "rescuekit image create --help")]
    [InlineData("image create a b --unlock two", "rescuekit image create --help")]
    [InlineData("image create a b --unlock 2 --unlock 2:key", "rescuekit image create --help")]
    [InlineData("image create a b --unlock 2 --all-blocks", "leave one of them out")]
    [InlineData("clone a b --unlock 2 --all-blocks", "leave one of them out")]
    [InlineData("agent backup a --wait --no-wait", "rescuekit agent backup --help")]
    [InlineData("image create a b --bad-sector-time 10m", "--on-bad-sector skip")]
    [InlineData("image create a b --hot --quiet-period 10s --quiet-timeout 9s", "make it longer")]
    [InlineData("image create a b --on-bad-sector maybe", "rescuekit image create --help")]
    [InlineData("image create a b --passphrase-fd 3", "--encrypt")]
    [InlineData("image create a b --encrypt", "--passphrase-file FILE")]
    [InlineData("image create a b --encrypt --passphrase-file /nonexistent", "--passphrase-file")]
    [InlineData("image create a b --passphrase secret", "rescuekit image create --help")]
    [InlineData("image restore a b --partition 1:2:3", "rescuekit image restore --help")]
    [InlineData("image restore a b --free maybe", "rescuekit image restore --help")]
    [InlineData("clone a b --unclean perhaps", "rescuekit clone --help")]
    [InlineData("media build a.iso --kernel mine", "rescuekit media build --help")]
    [InlineData("media build a.iso --kernel", "rescuekit media build --help")]
    [InlineData("media build a.iso --kernel host --run a\\b", "quote with ' instead")]
    [InlineData("media build a.iso --kernel debian --run a\\b", "quote with ' instead")]
    public void It_ends_with_2_and_says_where_help_is(string commandLine, string remedy)
    {
        var result = Rescuekit.Run(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        var lines = result.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("error: ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("  try: ", lines[1], StringComparison.Ordinal);
        Assert.Contains(remedy, lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("image create", "error: SOURCE is missing; IMAGE is missing")]
    [InlineData("image create disk.raw", "error: IMAGE is missing")]
    [InlineData("disk show", "error: DISK is missing")]
    [InlineData("image create a b --split", "error: Required argument missing for option: '--split'")]
    public void What_is_missing_is_named(string commandLine, string message) =>
        Assert.Equal(message, Rescuekit.Run(commandLine.Split(' ')).Error.Split('\n')[0]);

    [Fact]
    public void With_json_the_error_is_a_document_on_standard_output_too()
    {
        var result = Rescuekit.Run("clone", "a", "--json");
        Assert.Equal(2, result.ExitCode);
        using var error = JsonDocument.Parse(result.Output);
        Assert.Equal("usage", error.RootElement.GetProperty("kind").GetString());
        Assert.Equal(2, error.RootElement.GetProperty("exit_code").GetInt32());
        Assert.StartsWith("error: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_may_begin_with_an_at_sign()
    {
        var result = Rescuekit.Run("image", "info", "@nowhere");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("@nowhere", result.Error, StringComparison.Ordinal);
    }
}
