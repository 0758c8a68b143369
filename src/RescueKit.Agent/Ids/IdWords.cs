using System.Text;
using System.Text.RegularExpressions;
using RescueKit.Agent.Containers;

namespace RescueKit.Agent.Ids;

/// <summary>Which ids become which, wherever files name them. A new one has the form and the length of the old one, so that a file changes in place.</summary>
internal sealed class IdWords
{
    /// <summary>The hyphen in the names of systemd's units (systemd.unit(5), "String Escaping").</summary>
    private const string EscapedHyphen = @"\x2d";

    private readonly Dictionary<string, string> _words = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(Regex Places, string Onto)> _groups = [];
    private Regex? _pattern;

    public void Add(string from, string onto)
    {
        if (from.Length != onto.Length) throw new ArgumentException($"{from} and {onto} are of different forms", nameof(onto));
        _words[from] = onto;
        if (from.Contains('-', StringComparison.Ordinal)) _words[Escaped(from)] = Escaped(onto);
        _pattern = null;
    }

    /// <summary>
    /// The name of a volume group, where it is named as such: in paths, in those of device mapper, in units of systemd made of these, and in what dracut(8) and old GRUBs
    /// are told. A name may be any word: elsewhere it is none.
    /// </summary>
    public void AddGroup(string from, string onto)
    {
        if (from.Length != onto.Length) throw new ArgumentException($"{from} and {onto} are not of the same length", nameof(onto));
        Places(@"(?<=/dev/|\brd\.lvm\.lv=)", from, onto, "(?=/)");
        Places(@"(?<=\brd\.lvm\.vg=)", from, onto, @"(?![\w.+-])");
        Places(@"(?<=/mapper/|[('""]lvm/)", LvmFinder.Doubled(from), LvmFinder.Doubled(onto), "(?=-(?!-))");
        Places(@"(?<=\bdev-mapper-)", Escaped(LvmFinder.Doubled(from)), Escaped(LvmFinder.Doubled(onto)), @"(?=\\x2d(?!\\x2d))");
        Places(@"(?<=\bdev-)", Escaped(from), Escaped(onto), "(?=-)");

        void Places(string before, string name, string other, string behind) => _groups.Add((new Regex($"{before}{Regex.Escape(name)}{behind}", RegexOptions.CultureInvariant), other));
    }

    /// <summary>True where a text names an id that has changed.</summary>
    public bool IsIn(ReadOnlySpan<byte> content) => Changes(content).Count > 0;

    /// <summary>The places of a file at which an id is named, with what is to stand there. Ids are found as words: within longer numbers they are none.</summary>
    public IReadOnlyList<(int Offset, byte[] Bytes)> Changes(ReadOnlySpan<byte> content)
    {
        var text = Encoding.Latin1.GetString(content);
        var groups = _groups.SelectMany(group => group.Places.Matches(text).Select(match => (match.Index, Encoding.Latin1.GetBytes(group.Onto))));
        if (_words.Count == 0) return [.. groups];
        _pattern ??= new Regex(
            $@"(?:(?<![0-9a-z])|(?<=\\x2d|\b0x))(?:{string.Join('|', _words.Keys.OrderByDescending(word => word.Length).Select(Regex.Escape))})(?![0-9a-z])",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        return [.. _pattern.Matches(text).Select(match => (match.Index, Encoding.Latin1.GetBytes(InCaseOf(match.Value, _words[match.Value])))), .. groups];
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
