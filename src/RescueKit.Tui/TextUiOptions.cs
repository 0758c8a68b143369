namespace RescueKit.Tui;

/// <summary>What the terminal can show. Where it does not tell by itself, a person can say it on the command line.</summary>
public sealed record TextUiOptions
{
    /// <summary>Draw every sign as ASCII.</summary>
    public bool Ascii { get; init; }

    /// <summary>No colours: bold and reverse only.</summary>
    public bool Monochrome { get; init; }

    /// <summary>Null: the terminal's own; 80 where it does not tell.</summary>
    public int? Columns { get; init; }

    /// <summary>Null: the terminal's own; 24 where it does not tell.</summary>
    public int? Rows { get; init; }

    /// <summary>What the environment says of the terminal: its locale, TERM, and NO_COLOR (no-color.org).</summary>
    public static TextUiOptions Detect(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        var term = variable("TERM") ?? "";
        string[] names = ["LC_ALL", "LC_CTYPE", "LANG"];
        var locale = names.Select(variable).FirstOrDefault(v => !string.IsNullOrEmpty(v)) ?? "";
        var utf8 = locale.Replace("-", "", StringComparison.Ordinal).Contains("utf8", StringComparison.OrdinalIgnoreCase);
        return new TextUiOptions
        {
            Ascii = !utf8,
            Monochrome = !string.IsNullOrEmpty(variable("NO_COLOR")) || term is "" or "dumb" || term.StartsWith("vt1", StringComparison.Ordinal),
        };
    }
}
