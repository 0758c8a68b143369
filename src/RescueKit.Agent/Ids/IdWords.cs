using System.Text;
using System.Text.RegularExpressions;

namespace RescueKit.Agent.Ids;

/// <summary>Which ids become which, wherever files name them. A new one has the form and the length of the old one, so that a file changes in place.</summary>
internal sealed class IdWords
{
    /// <summary>The hyphen in the names of systemd's units (systemd.unit(5), "String Escaping").</summary>
    private const string EscapedHyphen = @"\x2d";

    private readonly Dictionary<string, string> _words = new(StringComparer.OrdinalIgnoreCase);
    private Regex? _pattern;

    public bool IsEmpty => _words.Count == 0;

    public void Add(string from, string onto)
    {
        if (from.Length != onto.Length) throw new ArgumentException($"{from} and {onto} are of different forms", nameof(onto));
        _words[from] = onto;
        if (from.Contains('-', StringComparison.Ordinal)) _words[Escaped(from)] = Escaped(onto);
        _pattern = null;
    }

    /// <summary>True where a text names an id that has changed.</summary>
    public bool IsIn(ReadOnlySpan<byte> content) => Changes(content).Count > 0;

    /// <summary>The places of a file at which an id is named, with what is to stand there. Ids are found as words: within longer numbers they are none.</summary>
    public IReadOnlyList<(int Offset, byte[] Bytes)> Changes(ReadOnlySpan<byte> content)
    {
        if (IsEmpty) return [];
        _pattern ??= new Regex(
            $@"(?:(?<![0-9a-z])|(?<=\\x2d|\b0x))(?:{string.Join('|', _words.Keys.OrderByDescending(word => word.Length).Select(Regex.Escape))})(?![0-9a-z])",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        return [.. _pattern.Matches(Encoding.Latin1.GetString(content)).Select(match => (match.Index, Encoding.Latin1.GetBytes(InCaseOf(match.Value, _words[match.Value]))))];
    }

    public string In(string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        foreach (var (offset, word) in Changes(bytes)) word.CopyTo(bytes, offset);
        return Encoding.Latin1.GetString(bytes);
    }

    private static string Escaped(string id) => id.Replace("-", EscapedHyphen, StringComparison.Ordinal);

    /// <summary>Who writes an id in capitals compares it so.</summary>
    private static string InCaseOf(string old, string word) => (old.Any(char.IsAsciiLetterUpper), old.Any(char.IsAsciiLetterLower)) switch
    {
        _ when word.Contains(EscapedHyphen, StringComparison.Ordinal) => word,
        (true, false) => word.ToUpperInvariant(),
        (false, true) => word.ToLowerInvariant(),
        _ => word,
    };
}
