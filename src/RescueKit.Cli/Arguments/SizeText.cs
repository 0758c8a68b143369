using System.Globalization;

namespace RescueKit.Cli.Arguments;

/// <summary>Sizes as people type them: 4G, 650M, 1TiB, 4096. Every unit counts in powers of 1024; a plain number is bytes.</summary>
internal static class SizeText
{
    private const string Form = "a size looks like 4G, 650M, 1.5TiB or 4096 (bytes)";

    /// <exception cref="FormatException">The message says what is wrong, for the person who typed it.</exception>
    public static long Parse(string text)
    {
        var trimmed = text.Trim();
        var digits = trimmed.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (!decimal.TryParse(trimmed[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            throw new FormatException($"'{text}' is not a size: {Form}");
        var factor = Factor(trimmed[digits..].Trim()) ?? throw new FormatException($"'{text}' has an unknown unit: {Form}");
        if (number > long.MaxValue / factor) throw new FormatException($"'{text}' is more than can be counted");
        var bytes = number * factor;
        if (bytes != decimal.Truncate(bytes)) throw new FormatException($"'{text}' is not a whole number of bytes");
        return bytes == 0 ? throw new FormatException($"'{text}' is no size: it must be more than 0") : (long)bytes;
    }

    private static long? Factor(string unit) => unit.ToUpperInvariant() switch
    {
        "" or "B" => 1,
        "K" or "KB" or "KIB" => 1L << 10,
        "M" or "MB" or "MIB" => 1L << 20,
        "G" or "GB" or "GIB" => 1L << 30,
        "T" or "TB" or "TIB" => 1L << 40,
        _ => null,
    };
}
