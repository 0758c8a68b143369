using RescueKit.Cli.Arguments;

namespace RescueKit.Cli.Tests.Arguments;

public class SizeTextTests
{
    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("1", 1)]
    [InlineData("512b", 512)]
    [InlineData("4K", 4096)]
    [InlineData("4k", 4096)]
    [InlineData("4KiB", 4096)]
    [InlineData("650M", 650L << 20)]
    [InlineData("650MB", 650L << 20)]
    [InlineData("4G", 4L << 30)]
    [InlineData("4 GiB", 4L << 30)]
    [InlineData("1TiB", 1L << 40)]
    [InlineData("1.5G", 3L << 29)]
    [InlineData("0.5K", 512)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_size_is_read(string text, long bytes) => Assert.Equal(bytes, SizeText.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("G")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("0")]
    [InlineData("0G")]
    [InlineData("1X")]
    [InlineData("1GG")]
    [InlineData("1.2.3G")]
    [InlineData(".")]
    [InlineData("1,5G")]
    [InlineData("0x10")]
    [InlineData("0.3")]
    [InlineData("1.0001K")]
    [InlineData("9223372036854775808")]
    [InlineData("9000000T")]
    [InlineData("99999999999999999999999999999999999999999999")]
    public void What_is_no_size_is_refused_with_what_was_typed(string text)
    {
        var error = Assert.Throws<FormatException>(() => SizeText.Parse(text));
        Assert.Contains($"'{text}'", error.Message, StringComparison.Ordinal);
    }
}
