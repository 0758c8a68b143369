using RescueKit.Cli.Session;
using RescueKit.Cli.Tests.Fakes;
using RescueKit.Model;

namespace RescueKit.Cli.Tests.Session;

public class ConfirmationTests
{
    private readonly FakeTerminal _terminal = new();

    [Fact]
    public void The_right_id_on_the_command_line_is_enough()
    {
        Assert.Equal("Y7K2P", Confirmation.Obtain(Samples.Plan, "Y7K2P", _terminal));
        Assert.Empty(_terminal.Asked);
    }

    [Theory]
    [InlineData("y7k2p")]
    [InlineData("K2P")]
    [InlineData("")]
    [InlineData("yes")]
    public void Any_other_is_refused(string given) =>
        Assert.Throws<SafetyException>(() => Confirmation.Obtain(Samples.Plan, given, _terminal));

    [Fact]
    public void The_id_can_be_typed() =>
        Assert.Equal("Y7K2P", Confirmation.Obtain(Samples.Plan, null, _terminal.Answers("  Y7K2P ")));

    [Theory]
    [InlineData("y")]
    [InlineData("")]
    [InlineData(null)]
    public void Any_other_answer_is_refused(string? typed) =>
        Assert.Throws<SafetyException>(() => Confirmation.Obtain(Samples.Plan, null, _terminal.Answers(typed)));

    [Fact]
    public void A_wrong_id_given_is_not_asked_for_again()
    {
        Assert.Throws<SafetyException>(() => Confirmation.Obtain(Samples.Plan, "wrong", _terminal.Answers("Y7K2P")));
        Assert.Empty(_terminal.Asked);
    }

    [Fact]
    public void Without_a_terminal_the_id_to_give_is_named()
    {
        var error = Assert.Throws<SafetyException>(() => Confirmation.Obtain(Samples.Plan, null, _terminal));
        Assert.Contains("--confirm Y7K2P", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("/dev/sdb", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_given_for_another_target_is_not_taken_for_a_new_file()
    {
        var plan = Samples.Plan with { ConfirmId = null, Onto = Samples.Plan.Onto with { Path = "/tmp/new.raw" } };
        foreach (var given in (string[])["Y7K2P", "NEW.RAW", ""]) Assert.Throws<SafetyException>(() => Confirmation.Obtain(plan, given, _terminal));
        Assert.Equal("new.raw", Confirmation.Obtain(plan, "new.raw", _terminal));
    }

    [Fact]
    public void A_target_that_loses_nothing_needs_none()
    {
        Assert.Null(Confirmation.Obtain(Samples.Plan with { ConfirmId = null }, null, _terminal));
        Assert.Empty(_terminal.Asked);
    }
}
