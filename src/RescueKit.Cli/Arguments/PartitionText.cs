using System.Globalization;
using RescueKit.Engine;

namespace RescueKit.Cli.Arguments;

/// <summary>Partition numbers as given to --partition: "2", and for a restore also "2:3" (the image's 2 into the target's 3).</summary>
internal static class PartitionText
{
    /// <exception cref="FormatException">The message says what is wrong, for the person who typed it.</exception>
    public static int ParseNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1 << 16
            ? number
            : throw new FormatException($"'{text}' is not a partition number: 'rescuekit disk show' lists them");

    /// <summary>What --grow takes: a number, or LAST, which is null.</summary>
    /// <inheritdoc cref="ParseNumber"/>
    public static int? ParseChoice(string text) => text.Equals("LAST", StringComparison.OrdinalIgnoreCase) ? null : ParseNumber(text);

    /// <inheritdoc cref="ParseNumber"/>
    public static PartitionMapping ParseMapping(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            var number = ParseNumber(text);
            return new PartitionMapping(number, number);
        }
        return new PartitionMapping(ParseNumber(text[..colon]), ParseNumber(text[(colon + 1)..]));
    }
}
