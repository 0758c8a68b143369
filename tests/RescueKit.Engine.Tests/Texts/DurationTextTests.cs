using RescueKit.Engine.Texts;

namespace RescueKit.Engine.Tests.Texts;

public class DurationTextTests
{
    [Theory]
    [InlineData("30s", 30)]
    [InlineData("30", 30)]
    [InlineData("10m", 600)]
    [InlineData("10min", 600)]
    [InlineData("2h", 7200)]
    [InlineData("2H", 7200)]
    [InlineData("1d", 86400)]
    [InlineData("1h30m", 5400)]
    [InlineData("1h30m5s", 5405)]
    [InlineData("1.5h", 5400)]
    [InlineData(" 1h ", 3600)]
    public void A_duration_is_read(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), DurationText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("0")]
    [InlineData("0s")]
    [InlineData("-5s")]
    [InlineData("5x")]
    [InlineData("30m1h")]
    [InlineData("1m1m")]
    [InlineData("1..5h")]
    [InlineData("9999999999d")]
    [InlineData("99999999999999999999999999999999999999s")]
    public void What_is_no_duration_is_refused_with_what_was_typed(string text)
    {
        var error = Assert.Throws<FormatException>(() => DurationText.Parse(text));
        Assert.Contains($"'{text}'", error.Message, StringComparison.Ordinal);
    }
}
