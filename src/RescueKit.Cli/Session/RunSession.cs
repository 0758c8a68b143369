using RescueKit.Cli.Errors;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Progress;
using RescueKit.Engine;
using RescueKit.Engine.Receipts;
using RescueKit.Model;

namespace RescueKit.Cli.Session;

/// <summary>Takes a run from its plan over the confirmation to its receipt.</summary>
internal static class RunSession
{
    /// <returns>The exit code.</returns>
    public static int Execute(CliHost host, RunOptions options, Func<IRun> prepare)
    {
        using var run = prepare();
        if (options.DryRun) return ShowOnly(host, options, run.Plan);
        if (options.ShowPlan) ShowPlan(host, options, run.Plan);

        var confirm = Confirmation.Obtain(run.Plan, options.Confirm, host.Terminal);
        host.Terminal.Out.Flush();
        var cancel = host.Interruption.BeginRun();
        using var kept = options.ReceiptFile is { } path ? ReceiptFile.Prepare(path, run.Plan.From.Path, run.Plan.Onto.Path) : null;
        try
        {
            using var progress = options.Quiet ? null : new ProgressReporter(host.Terminal, host.Clock);
            run.Execute(confirm, progress is null ? null : progress.Report, cancel);
        }
        catch (Exception e) when (run.Receipt is not null)
        {
            var failed = Keep(kept, run.Receipt, run.IsConfidential);
            if (!options.Json) ReceiptText.Write(host.Terminal.Out, failed);
            return ErrorReport.Print(host.Terminal, e, options.Json, options.Help, failed);
        }
        var receipt = Keep(kept, run.Receipt!, run.IsConfidential);
        if (options.Json) JsonOutput.Write(host.Terminal.Out, receipt);
        else ReceiptText.Write(host.Terminal.Out, receipt);
        if (receipt.Error is { } message) host.Terminal.Error.WriteLine($"error: {message}");
        return receipt.ExitCode;
    }

    /// <summary>The run is over whatever becomes of its receipt: a failure here is a sentence of the receipt, not an error.</summary>
    private static Receipt Keep(ReceiptFile? file, Receipt receipt, bool isConfidential)
    {
        try
        {
            file?.Write([.. ReceiptJson.Serialize(isConfidential ? ReceiptJson.ForEncrypted(receipt) : receipt), (byte)'\n']);
            return receipt;
        }
        catch (RescueKitException e)
        {
            return receipt with { Warnings = [.. receipt.Warnings, $"The receipt could not be written: {e.Message}"] };
        }
    }

    private static int ShowOnly(CliHost host, RunOptions options, RunPlan plan)
    {
        if (options.Json)
        {
            JsonOutput.Write(host.Terminal.Out, plan);
        }
        else
        {
            PlanText.Write(host.Terminal.Out, plan);
            host.Terminal.Out.WriteLine("Dry run: nothing was written.");
        }
        return ExitCodes.Done;
    }

    /// <summary>
    /// On standard output, except where that is meant for a program (--json) or where a person is about to be asked and would not see it.
    /// </summary>
    private static void ShowPlan(CliHost host, RunOptions options, RunPlan plan)
    {
        var terminal = host.Terminal;
        var willAsk = plan.ConfirmId is not null && options.Confirm is null && terminal.InputIsTerminal;
        PlanText.Write(options.Json || (willAsk && !terminal.OutputIsTerminal) ? terminal.Error : terminal.Out, plan);
        terminal.Out.Flush();
    }
}
