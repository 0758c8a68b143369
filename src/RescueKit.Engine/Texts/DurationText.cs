using System.Globalization;

namespace RescueKit.Engine.Texts;

/// <summary>Durations as people type them: 30s, 10m, 2h, 1h30m, 1d; a plain number is seconds.</summary>
public static class DurationText
{
    private const string Form = "a duration looks like 30s, 10m, 2h or 1h30m";
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <exception cref="FormatException">The message says what is wrong, for the person who typed it.</exception>
    public static TimeSpan Parse(string text)
    {
        var rest = text.Trim();
        if (rest.Length == 0) throw new FormatException($"'{text}' is not a duration: {Form}");
        var seconds = 0m;
        var previousUnit = decimal.MaxValue;
        while (rest.Length > 0)
        {
            var digits = rest.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
            if (!decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                throw new FormatException($"'{text}' is not a duration: {Form}");
            var letters = rest[digits..].TakeWhile(char.IsAsciiLetter).Count();
            var unit = Seconds(rest.Substring(digits, letters)) ?? throw new FormatException($"'{text}' has an unknown unit: {Form}");
            if (unit >= previousUnit) throw new FormatException($"'{text}' is not a duration: {Form}");
            previousUnit = unit;
            if (number > (decimal)Longest.TotalSeconds / unit) throw new FormatException($"'{text}' is longer than a year");
            seconds += number * unit;
            rest = rest[(digits + letters)..];
        }
        return seconds == 0 ? throw new FormatException($"'{text}' is no duration: it must be more than 0") : TimeSpan.FromSeconds((double)seconds);
    }

    private static decimal? Seconds(string unit) => unit.ToLowerInvariant() switch
    {
        "" or "s" => 1,
        "m" or "min" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => null,
    };
}
