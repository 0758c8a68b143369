using System.Text;

namespace RescueKit.Tui.Screens.Commands;

/// <summary>What a backup's answers come to.</summary>
internal sealed record BackupAnswers(string Source, string Image)
{
    public IReadOnlyList<int> Partitions { get; init; } = [];

    /// <summary>"lz4", "zstd" or "none".</summary>
    public string Codec { get; init; } = "lz4";
    public bool Encrypt { get; init; }
    public bool UncleanUsed { get; init; }
    public bool SkipBadSectors { get; init; }
    public bool Verify { get; init; }
    public bool Resume { get; init; }
    public bool ExcludeWindowsSwap { get; init; }

    /// <summary>Numbers of LUKS partitions that are opened.</summary>
    public IEnumerable<int> Unlock { get; init; } = [];
}

/// <param name="Partitions">Pairs of the image's and the target's partition; empty for the whole disk.</param>
/// <param name="Sizes">What becomes of partitions where the target has another size.</param>
internal sealed record RestoreAnswers(string Image, string Target, IReadOnlyList<(int From, int Onto)> Partitions, bool Verify, bool SkipDamage, string Free, SizeAnswers Sizes = default);

internal sealed record CloneAnswers(string Source, string Target, bool Verify, bool SkipBadSectors, bool UncleanUsed, string Free, SizeAnswers Sizes = default)
{
    /// <summary>Numbers of LUKS partitions that are opened.</summary>
    public IEnumerable<int> Unlock { get; init; } = [];
}

/// <param name="Grown">Number of a partition.</param>
internal readonly record struct SizeAnswers(int? Grown, bool Shrink)
{
    public IEnumerable<string> Words => [.. Grown is { } number ? ["--grow", $"{number}"] : (string[])[], .. Shrink ? ["--shrink"] : (string[])[]];
}

/// <summary>The one place where answers become the words of the command line (DESIGN §5), and those words text that can be pasted.</summary>
internal static class CommandLines
{
    public static IReadOnlyList<string> Backup(BackupAnswers a)
    {
        List<string> words = ["image", "create", a.Source, a.Image];
        foreach (var number in a.Partitions) words.AddRange(["--partition", $"{number}"]);
        if (a.Codec != "lz4") words.AddRange(["--codec", a.Codec]);
        if (a.Encrypt) words.Add("--encrypt");
        if (a.SkipBadSectors) words.AddRange(["--on-bad-sector", "skip"]);
        if (a.UncleanUsed) words.AddRange(["--unclean", "used"]);
        if (a.ExcludeWindowsSwap) words.Add("--exclude-windows-swap");
        words.AddRange(Unlock(a.Unlock));
        if (a.Verify) words.Add("--verify");
        if (a.Resume) words.Add("--resume");
        return words;
    }

    public static IReadOnlyList<string> Restore(RestoreAnswers a)
    {
        List<string> words = ["image", "restore", a.Image, a.Target];
        foreach (var (from, onto) in a.Partitions) words.AddRange(["--partition", from == onto ? $"{from}" : $"{from}:{onto}"]);
        if (a.Free != "keep") words.AddRange(["--free", a.Free]);
        if (a.SkipDamage) words.AddRange(["--on-damage", "skip"]);
        words.AddRange(a.Sizes.Words);
        if (a.Verify) words.Add("--verify");
        return words;
    }

    public static IReadOnlyList<string> Clone(CloneAnswers a)
    {
        List<string> words = ["clone", a.Source, a.Target];
        if (a.SkipBadSectors) words.AddRange(["--on-bad-sector", "skip"]);
        if (a.UncleanUsed) words.AddRange(["--unclean", "used"]);
        words.AddRange(Unlock(a.Unlock));
        if (a.Free != "keep") words.AddRange(["--free", a.Free]);
        words.AddRange(a.Sizes.Words);
        if (a.Verify) words.Add("--verify");
        return words;
    }

    private static IEnumerable<string> Unlock(IEnumerable<int> numbers) => numbers.SelectMany(number => (string[])["--unlock", $"{number}"]);

    public static IReadOnlyList<string> Verify(string image) => ["image", "verify", image];

    /// <param name="paths">In the image, from its root.</param>
    public static IReadOnlyList<string> Get(string image, int partition, IReadOnlyList<string> paths, string folder) => ["image", "get", $"{image}:{partition}", .. paths, folder];

    /// <summary>The same words under the other choice of --unclean.</summary>
    public static IReadOnlyList<string> OtherUnclean(IReadOnlyList<string> words)
    {
        var at = words.ToList().IndexOf("--unclean");
        return at < 0 ? [.. words, "--unclean", "used"] : [.. words.Take(at), .. words.Skip(at + 2)];
    }

    /// <summary>As it is typed in a shell, whole.</summary>
    /// <param name="confirm">The id of what is overwritten; null where nothing is.</param>
    public static string Show(IReadOnlyList<string> words, string? confirm)
    {
        IEnumerable<string> all = confirm is null ? words : [.. words, "--confirm", confirm];
        return "rescuekit " + string.Join(' ', all.Select(Quoted));
    }

    /// <summary>Quoted for a POSIX shell where it has to be (XCU 2.2.2); what cannot be shown as it is, in bash's $'…' form.</summary>
    private static string Quoted(string word)
    {
        if (word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal))) return word;
        if (!word.Any(char.IsControl)) return $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
        var text = new StringBuilder("$'");
        foreach (var c in word)
        {
            if (char.IsControl(c)) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else if (c is '\'' or '\\') text.Append('\\').Append(c);
            else text.Append(c);
        }
        return text.Append('\'').ToString();
    }
}
