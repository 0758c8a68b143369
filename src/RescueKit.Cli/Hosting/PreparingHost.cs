using System.CommandLine;
using System.Globalization;
using System.Text;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Session;
using RescueKit.Engine;

namespace RescueKit.Cli.Hosting;

/// <summary>Takes the run that a command has put together instead of carrying it out, and lets errors through to whoever asked for it.</summary>
internal sealed class PreparingHost(RunRequest request, Interruption interruption)
    : CliHost(new SilentTerminal(request.Passphrase), interruption, TimeProvider.System)
{
    /// <summary>Null until a command has put a run together.</summary>
    public RunDraft? Draft { get; private set; }

    public override bool IsAtCommandLine => false;

    public override int Execute(RunOptions options, Func<IRun> prepare)
    {
        if (options.DryRun) throw new Model.UsageException("--dry-run has no meaning here: the plan is shown before anything is started", "leave it out");
        if (options.Confirm is not null) throw new Model.UsageException("--confirm is given when the run is started, not when it is planned", "leave it out");
        Draft = new RunDraft(options.Uses, options.ReceiptFile, prepare);
        return ExitCodes.Done;
    }

    public override ReadOnlyMemory<byte> PassphraseOf(int partition) => request.Unlock?.GetValueOrDefault(partition) is { Length: > 0 } passphrase
        ? Encoding.UTF8.GetBytes(passphrase)
        : throw new Model.UsageException(
            string.Create(CultureInfo.InvariantCulture, $"the passphrase of partition {partition} is needed, and did not come with the request"), "send it, or name the file that it is in: --unlock N:FILE");

    /// <summary>Nobody at a keyboard interrupts it: a run that is not wanted any more is let go of when it is planned.</summary>
    public override T Prepare<T>(Func<CancellationToken, T> prepare) => prepare(CancellationToken.None);

    /// <summary>Signals are those of the process that hosts the run.</summary>
    public override void BeginUndoing()
    {
    }

    public override int Guard(ParseResult parse, Option<bool> json, Func<int> body) => body();
}
