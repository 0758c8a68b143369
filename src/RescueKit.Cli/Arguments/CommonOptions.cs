using System.CommandLine;
using System.CommandLine.Parsing;
using RescueKit.Agent.Sizes;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Terminals;
using RescueKit.Engine;
using RescueKit.Engine.Sizes;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Arguments;

/// <summary>Options that several commands share, made anew for each command, so that each one's help tells the whole story.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON on standard output" };

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "No progress on standard error" };

    public static Option<string?> Receipt() => new("--receipt") { HelpName = "FILE", Description = "Also write the receipt of the run (JSON) to this file" };

    public static Option<bool> DryRun() => new("--dry-run") { Description = "Print the plan and stop: nothing is written" };

    public static Option<string?> Confirm() => new("--confirm")
    {
        HelpName = "ID",
        Description = "The id of the disk to be overwritten, as 'disk show' prints it (confirm_id); without it, it is asked for",
    };

    public static Option<string?> PassphraseFile() => new("--passphrase-file")
    {
        HelpName = "FILE",
        Description = "The passphrase is the first line of this file",
    };

    public static Option<int?> PassphraseDescriptor() => new("--passphrase-fd")
    {
        HelpName = "N",
        Description = "The passphrase is the first line read from this open file descriptor",
        CustomParser = One(text => int.TryParse(text, out var number) && number >= 0
            ? (int?)number
            : throw new FormatException($"'{text}' is not a file descriptor: give its number, for example --passphrase-fd 3 3<FILE")),
    };

    public static Option<BadSectorPolicy> OnBadSector() => new("--on-bad-sector")
    {
        HelpName = "fail|skip",
        Description = "What an unreadable sector does: end the run, or be recorded as unreadable after repeated attempts (exit code 5) [default: fail]",
        CustomParser = Word(("fail", BadSectorPolicy.Fail), ("skip", BadSectorPolicy.Skip)),
    };

    public static Option<DamagePolicy> OnDamage() => new("--on-damage")
    {
        HelpName = "fail|skip",
        Description = "What a damaged, incomplete or missing part of the image does: end the run, or be replaced by zeros and recorded (exit code 5) [default: fail]",
        CustomParser = Word(("fail", DamagePolicy.Fail), ("skip", DamagePolicy.Skip)),
    };

    public static Option<TimeSpan?> BadSectorTime() => new("--bad-sector-time")
    {
        HelpName = "T",
        Description = "With skip: how long to try for bad areas once everything else is saved (30s, 10m, 2h) [default: no limit]",
        CustomParser = One<TimeSpan?>(text => DurationText.Parse(text)),
    };

    public static Option<UncleanPolicy> Unclean() => new("--unclean")
    {
        HelpName = "whole|used",
        Description = "How to take a dirty or hibernated file system whose map cannot be proven; the plan shows both sizes [default: whole]",
        CustomParser = Word(("whole", UncleanPolicy.Whole), ("used", UncleanPolicy.Used)),
    };

    public static Option<bool> AllBlocks() => new("--all-blocks") { Description = "Take every block, also those that no file system uses" };

    public static Option<bool> ExcludeWindowsSwap() => new("--exclude-windows-swap")
    {
        Description = "Leave out the contents of pagefile.sys, swapfile.sys and hiberfil.sys",
    };

    public static Option<FreePolicy> Free() => new("--free")
    {
        HelpName = "keep|discard|zero",
        Description = "What happens to blocks of the target that are free on the source [default: keep]",
        CustomParser = Word(("keep", FreePolicy.Keep), ("discard", FreePolicy.Discard), ("zero", FreePolicy.Zero)),
    };

    public static Option<GrowRequest?> Grow() => new("--grow")
    {
        HelpName = "LAST|N",
        Description = "Let the last partition, or partition N, take what a larger target has more, and grow its file system (ext, XFS, btrfs, NTFS) by its own tool; what lies behind N moves to the end",
        CustomParser = One<GrowRequest?>(text => new GrowRequest(PartitionText.ParseChoice(text), new DiskGrower(new ToolRunner()))),
    };

    public static Option<bool> Shrink() => new("--shrink")
    {
        Description = "Where the target is too small, shrink file systems (ext, NTFS, btrfs) by their own tools, on a view of the source, so that all fits",
    };

    public static Option<string?> ShrinkScratch() => new("--scratch")
    {
        HelpName = "DIR",
        Description = "With --shrink: where what those tools change is kept until the end [default: the folder of temporary files]",
    };

    /// <summary>What both of them say; null where nothing is to be shrunk.</summary>
    public static ShrinkRequest? Shrinking(ParseResult parse, Option<bool> shrink, Option<string?> scratch) =>
        parse.GetValue(shrink) ? new ShrinkRequest(new DiskShrinker(new ToolRunner()), parse.GetValue(scratch)) : null;

    public static Option<bool> NewIds() => new("--new-ids")
    {
        Description = "Give the target ids of its own (disk, partitions, file systems) and tell the Linux system on it, by that system's own programs: for a copy that stays in the same machine",
    };

    public static PassphraseSource Passphrase(ParseResult parse, ITerminal terminal, Option<string?> file, Option<int?> descriptor) =>
        new(terminal, parse.GetValue(file), parse.GetValue(descriptor));

    /// <summary>A parser of one value; what it says in a FormatException becomes a usage error.</summary>
    public static Func<ArgumentResult, T?> One<T>(Func<string, T> parse) => result =>
    {
        try
        {
            return parse(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return default;
        }
    };

    /// <summary>A parser of a value for each time the option was given.</summary>
    public static Func<ArgumentResult, T[]?> Each<T>(Func<string, T> parse) => result =>
    {
        try
        {
            return [.. result.Tokens.Select(token => parse(token.Value))];
        }
        catch (FormatException e)
        {
            result.AddError(e.Message);
            return null;
        }
    };

    /// <summary>A parser of a few fixed words.</summary>
    public static Func<ArgumentResult, T?> Word<T>(params (string Word, T Value)[] words) => One(text =>
    {
        foreach (var (word, value) in words)
        {
            if (word == text) return value;
        }
        throw new FormatException($"'{text}' is not one of {string.Join(", ", words.Select(w => w.Word))}");
    });
}
