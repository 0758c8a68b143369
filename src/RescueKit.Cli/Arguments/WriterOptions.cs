using System.CommandLine;
using RescueKit.Cli.Terminals;
using RescueKit.Engine.Texts;
using RescueKit.Model;
using RescueKit.Snapshots.Quiescence;
using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Configuration;

namespace RescueKit.Cli.Arguments;

/// <summary>What a command that takes snapshots lets one say of the applications that write meanwhile.</summary>
internal sealed class WriterOptions
{
    private readonly Option<bool> _noWriters;

    private readonly Option<TimeSpan?> _period;
    private readonly Option<TimeSpan?> _timeout;

    /// <param name="withHot">They count with --hot only.</param>
    public WriterOptions(bool withHot = true)
    {
        _noWriters = new Option<bool>("--no-writers") { Description = Text("tell no application; without it, those in " + WriterFolderReader.StandardFolder + " are frozen for the instant") };
        _period = Duration("--quiet-period", Text("wait until nothing was written for so long; 0 does not wait [default: 5s]"));
        _timeout = Duration("--quiet-timeout", Text("wait for that no longer than this, then go on; 0 does not wait [default: 60s]"));

        string Text(string words) => withHot ? "With --hot: " + words : char.ToUpperInvariant(words[0]) + words[1..];
    }

    public IEnumerable<Option> All => [_noWriters, _period, _timeout];

    /// <summary>Null for a cold run.</summary>
    /// <param name="terminal">Is told that a moment without writes is waited for; null: is not.</param>
    /// <exception cref="UsageException">Given without --hot; or a writer's file is wrong.</exception>
    public IWriters? Read(ParseResult parse, bool isHot, ITerminal? terminal)
    {
        if (isHot)
        {
            var quiet = Quiet(parse);
            return new SystemWriters(parse.GetValue(_noWriters) ? [] : WriterFolderReader.Read(), quiet, () => terminal?.Error.WriteLine(
                FormattableString.Invariant($"Waiting for {quiet.Period.TotalSeconds:0.##} s without a write, no longer than {quiet.Timeout.TotalSeconds:0.##} s ...")));
        }
        foreach (var option in All)
        {
            if (parse.GetResult(option) is { Implicit: false }) throw new UsageException($"{option.Name} goes with --hot only", "add --hot");
        }
        return null;
    }

    private QuietOptions Quiet(ParseResult parse)
    {
        var (period, timeout) = (parse.GetValue(_period), parse.GetValue(_timeout));
        if (timeout > TimeSpan.Zero && timeout < period)
            throw new UsageException("--quiet-timeout is shorter than --quiet-period, which then never passes", "make it longer, or 0 to wait for nothing");
        return QuietOptions.Of(period, timeout);
    }

    private static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        HelpName = "T",
        Description = description,
        CustomParser = CommonOptions.One<TimeSpan?>(text => text.Trim() == "0" ? TimeSpan.Zero : DurationText.Parse(text)),
    };
}
