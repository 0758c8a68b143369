using RescueKit.Cli.Output;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Tests.Output;

public class UnitsTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1 << 20, "1.0 MiB")]
    [InlineData(100 << 20, "100.0 MiB")]
    [InlineData(192 << 20, "192.0 MiB")]
    [InlineData(512 << 20, "512.0 MiB")]
    [InlineData(1 << 30, "1.0 GiB")]
    [InlineData(500107862016, "465.8 GiB")]
    [InlineData(1L << 40, "1.0 TiB")]
    [InlineData(long.MaxValue, "8388608.0 TiB")]
    public void Sizes_have_one_decimal(long bytes, string text) => Assert.Equal(text, Units.Size(bytes));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(41, "41 s")]
    [InlineData(461, "7 m 41 s")]
    [InlineData(4980, "1 h 23 m")]
    [InlineData(86399, "23 h 59 m")]
    [InlineData(180000, "2 d 2 h")]
    [InlineData(-5, "0 s")]
    public void Times_have_their_two_largest_units(int seconds, string text) => Assert.Equal(text, Units.Time(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0 KiB/s")]
    [InlineData(-1, "0 KiB/s")]
    [InlineData(2048, "2 KiB/s")]
    [InlineData(1.5 * (1 << 20), "1.5 MiB/s")]
    [InlineData(412.4 * (1 << 20), "412 MiB/s")]
    [InlineData(12.5 * (1 << 30), "12.5 GiB/s")]
    public void Rates_are_per_second(double rate, string text) => Assert.Equal(text, Units.Rate(rate));

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 3, 33)]
    [InlineData(long.MaxValue - 1, long.MaxValue, 99)]
    [InlineData(long.MaxValue, long.MaxValue, 100)]
    [InlineData(5, 4, 100)]
    [InlineData(-1, 4, 0)]
    public void Percentages_are_whole_and_in_range(long done, long total, int percent) => Assert.Equal(percent, Units.Percent(done, total));
}
