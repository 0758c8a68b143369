using RescueKit.Agent.Unattended;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Unattended;

public class CommandLineTextTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("  image   create\ta b ", new[] { "image", "create", "a", "b" })]
    [InlineData("'one word' \"two $HOME\" three\\ four", new[] { "one word", "two $HOME", "three four" })]
    [InlineData("LABEL=\"MY STICK\":/a'b'c", new[] { "LABEL=MY STICK:/abc" })]
    [InlineData("'' \"\"", new[] { "", "" })]
    [InlineData("\"a\\\"b\" 'c\\d'", new[] { "a\"b", "c\\d" })]
    public void A_line_is_split_as_a_shell_would(string line, string[] words) => Assert.Equal(words, CommandLineText.Split(line));

    [Theory]
    [InlineData("image 'create")]
    [InlineData("\"")]
    public void An_open_quotation_mark_is_refused(string line) => Assert.Throws<UsageException>(() => CommandLineText.Split(line));

    [Fact]
    public void The_confirmation_is_taken_out_however_it_is_written()
    {
        foreach (var words in new[] { new[] { "clone", "a", "--confirm", "ID", "b" }, ["clone", "--confirm=ID", "a", "b"] })
        {
            var (rest, confirm) = CommandLineText.TakeConfirm(words);
            Assert.Equal(["clone", "a", "b"], rest);
            Assert.Equal("ID", confirm);
        }
        Assert.Null(CommandLineText.TakeConfirm(["clone", "a", "b"]).Confirm);
    }
}
