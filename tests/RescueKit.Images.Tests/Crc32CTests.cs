using System.Text;
using RescueKit.Images.Format;

namespace RescueKit.Images.Tests;

public sealed class Crc32CTests
{
    [Fact]
    public void TheCheckValueOfTheCatalogue() => Assert.Equal(0xE3069283u, Crc32C.Of(Encoding.ASCII.GetBytes("123456789")));

    /// <summary>Long input goes through several lanes: around their boundaries as anywhere, the value is that of the definition.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData((6 << 10) - 1)]
    [InlineData(6 << 10)]
    [InlineData((6 << 10) + 9)]
    [InlineData((12 << 10) + 1)]
    [InlineData(300_000)]
    public void AnyLengthAndAnyCutGiveTheValueOfTheDefinition(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var expected = ByDefinition(bytes);

        Assert.Equal(expected, Crc32C.Of(bytes));
        foreach (var cut in new[] { length / 3, length / 2, length - length / 7 })
            Assert.Equal(expected, Crc32C.Append(Crc32C.Of(bytes.AsSpan(..cut)), bytes.AsSpan(cut..)));
    }

    /// <summary>Bit by bit: the reflected polynomial 1EDC6F41.</summary>
    private static uint ByDefinition(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
        }
        return ~crc;
    }
}
