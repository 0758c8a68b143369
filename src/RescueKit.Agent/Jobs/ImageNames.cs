using System.Globalization;
using System.Text.RegularExpressions;

namespace RescueKit.Agent.Jobs;

/// <summary>File names of a job's images, by a pattern with {job}, {host}, {date} (2026-11-29) and {time} (023000).</summary>
public sealed partial class ImageNames
{
    public const string Default = "{host}-{job}-{date}-{time}.rki";

    private const string Date = "{date}";
    private const string Time = "{time}";

    private readonly string _pattern;

    /// <param name="pattern">With job and host already in it.</param>
    private ImageNames(string pattern) => _pattern = pattern;

    /// <exception cref="FormatException">The message says what is wrong with the pattern.</exception>
    public static ImageNames Parse(string pattern, string job, string host)
    {
        foreach (Match mark in Mark().Matches(pattern))
        {
            if (mark.Value is not ("{job}" or "{host}" or Date or Time))
                throw new FormatException($"'{mark.Value}' is not one of {{job}}, {{host}}, {{date}}, {{time}}");
        }
        if (!pattern.Contains(Date, StringComparison.Ordinal) || !pattern.Contains(Time, StringComparison.Ordinal))
            throw new FormatException("it needs {date} and {time}: no image takes another one's name");
        if (pattern.Contains('/') || pattern.StartsWith('.') || pattern.Any(char.IsControl)) throw new FormatException("it is the name of a file, in the job's folder, that does not begin with '.'");
        return new ImageNames(pattern.Replace("{job}", job, StringComparison.Ordinal).Replace("{host}", host, StringComparison.Ordinal));
    }

    /// <summary>Of an image that is begun at a time of the wall's clock.</summary>
    public string At(DateTimeOffset local) => _pattern
        .Replace(Date, local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace(Time, local.ToString("HHmmss", CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Whether it could be the name of one of the images.</summary>
    public bool Matches(string name)
    {
        var pattern = _pattern.AsSpan();
        var rest = name.AsSpan();
        while (!pattern.IsEmpty)
        {
            var (mark, form) = pattern.StartsWith(Date) ? (Date, "0000-00-00") : pattern.StartsWith(Time) ? (Time, "000000") : ("x", "");
            if (form.Length > 0 ? !HasForm(rest, form) : rest.IsEmpty || rest[0] != pattern[0]) return false;
            pattern = pattern[mark.Length..];
            rest = rest[Math.Max(form.Length, 1)..];
        }
        return rest.IsEmpty;
    }

    /// <summary>Two jobs whose names are the same at the same time would mix their images up.</summary>
    public bool SameAs(ImageNames other) => _pattern == other._pattern;

    /// <summary>Any digit where the form has one.</summary>
    private static bool HasForm(ReadOnlySpan<char> text, string form)
    {
        if (text.Length < form.Length) return false;
        for (var i = 0; i < form.Length; i++)
        {
            if (form[i] == '0' ? !char.IsAsciiDigit(text[i]) : text[i] != form[i]) return false;
        }
        return true;
    }

    [GeneratedRegex(@"\{[^}]*\}?")]
    private static partial Regex Mark();
}
