using RescueKit.Cli.Arguments;
using RescueKit.Engine;

namespace RescueKit.Cli.Tests.Arguments;

public class PartitionTextTests
{
    [Theory]
    [InlineData("2", 2, 2)]
    [InlineData("2:3", 2, 3)]
    [InlineData("0", 0, 0)]
    [InlineData("128:1", 128, 1)]
    public void A_mapping_is_read(string text, int from, int to) => Assert.Equal(new PartitionMapping(from, to), PartitionText.ParseMapping(text));

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("2:")]
    [InlineData(":2")]
    [InlineData("2:3:4")]
    [InlineData("-1")]
    [InlineData("sda1")]
    [InlineData("70000")]
    public void What_is_no_partition_is_refused(string text) => Assert.Throws<FormatException>(() => PartitionText.ParseMapping(text));
}
