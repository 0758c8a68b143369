using System.CommandLine;
using System.Globalization;
using RescueKit.Agent.Containers;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Session;
using RescueKit.Model;

namespace RescueKit.Cli.Arguments;

/// <summary>--unlock N[:FILE]: partitions with LUKS, with the file that has the passphrase or key, or a prompt for it.</summary>
internal static class UnlockOption
{
    /// <summary>As cryptsetup(8) reads of a key file at most, in bytes.</summary>
    private const int LongestKey = 8 << 20;

    public static Option<(int Number, string? File)[]?> Make() => new("--unlock")
    {
        HelpName = "N[:FILE]",
        Description = "Open partition N, which is LUKS, by a passphrase that is asked for, or is in FILE (which may be a key file, too), and take only what is used in it; "
            + "it is copied as it is, enciphered. May be given several times; 0 is a disk without a table",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = CommonOptions.Each(text =>
        {
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            return colon < 0 ? (PartitionText.ParseNumber(text), default(string)) : (PartitionText.ParseNumber(text[..colon]), text[(colon + 1)..]);
        }),
    };

    /// <summary>Null where nothing is to be opened.</summary>
    /// <exception cref="UsageException">A partition is named twice.</exception>
    public static Func<IUnlocker>? Read(ParseResult parse, Option<(int Number, string? File)[]?> option, string disk, CliHost host)
    {
        if (parse.GetValue(option) is not { Length: > 0 } given) return null;
        if (given.GroupBy(partition => partition.Number).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--unlock names partition {twice.Key} twice"));
        return () => new LuksUnlocker(new ToolRunner(), disk,
            [.. given.Select(partition => new LockedPartition(partition.Number, () => partition.File is { } file ? FromFile(file) : [host.PassphraseOf(partition.Number)]))]);
    }

    /// <summary>A key file counts to its end; a passphrase that was written by an editor has a line's end behind it.</summary>
    private static IReadOnlyList<ReadOnlyMemory<byte>> FromFile(string file)
    {
        try
        {
            if (new FileInfo(file).Length > LongestKey) throw new UsageException($"{file} is larger than any key", "check --unlock: N:FILE");
            var content = File.ReadAllBytes(file);
            return content.AsSpan().IndexOf((byte)'\n') is >= 0 and var end ? [content, content.AsMemory(0, end)] : [content];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the key file {file} cannot be read", "check --unlock N:FILE: it must exist and be readable");
        }
    }
}
