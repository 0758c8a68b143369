using System.Text.RegularExpressions;
using RescueKit.Media.Tools;

namespace RescueKit.Media.Kernel;

/// <summary>Which modules of a kernel go onto the media (media/modules).</summary>
internal sealed class ModuleSelection
{
    private readonly List<Rule> _rules;

    private ModuleSelection(List<Rule> rules) => _rules = rules;

    public static ModuleSelection Read() => Parse(Assets.Lines("modules"));

    public static ModuleSelection Parse(IEnumerable<string> lines) => new([.. lines.Select(Rule.Parse)]);

    /// <summary>Modules that the list takes and what those need, each after what it needs. Paths as in <see cref="ModuleIndex.Paths"/>.</summary>
    public IReadOnlyList<string> Select(ModuleIndex kernel) =>
        kernel.WithNeeds(kernel.Paths.Where(path => LastRuleFor(path) is { Reason: null }).Order(StringComparer.Ordinal));

    /// <summary>Why the list leaves a module out; null where it takes it or does not speak of it.</summary>
    public string? ReasonAgainst(string path) => LastRuleFor(path)?.Reason;

    /// <summary>Patterns that fit none of a kernel's modules: the list has aged.</summary>
    public IEnumerable<string> Unused(ModuleIndex kernel) => _rules.Where(rule => !kernel.Paths.Any(rule.Fits)).Select(rule => rule.Text);

    private Rule? LastRuleFor(string path) => _rules.LastOrDefault(rule => rule.Fits(path));

    /// <param name="Reason">Null for a rule that takes modules.</param>
    private sealed record Rule(string Text, Regex Pattern, string? Reason)
    {
        public static Rule Parse(string line)
        {
            if (!line.StartsWith('!')) return new Rule(line, PathPattern.Compile("kernel/" + line), null);
            var words = line[1..].Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return words.Length == 2
                ? new Rule(line, PathPattern.Compile("kernel/" + words[0]), words[1])
                : throw new FormatException($"media/modules: '{line}' leaves something out without saying why");
        }

        public bool Fits(string path) => Pattern.IsMatch(ModuleIndex.Stem(path));
    }
}
