using System.Text;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Fakes;

/// <summary>Makes the engine's own runs of a few plain words, "wait", a run that goes on until it is told to stop, and "told", one onto the passphrase of a partition.</summary>
internal sealed class EngineRunFactory : IRunFactory
{
    public RunDraft Parse(RunRequest request)
    {
        var secret = request.Passphrase is { } text ? Encoding.UTF8.GetBytes(text) : null;
        Func<ReadOnlyMemory<byte>>? open = secret is null ? null : () => secret;
        return request.Command switch
        {
            ["image", "create", var source, var image] => new RunDraft([new RunUse(source), new RunUse(image)], null,
                () => Runs.Backup(new BackupRequest(source, image) { Passphrase = secret is null ? default(ReadOnlyMemory<byte>?) : secret })),
            ["image", "create", "--split", var size, var source, var image] => new RunDraft([new RunUse(source), new RunUse(image)], null,
                () => Runs.Backup(new BackupRequest(source, image) { SplitBytes = long.Parse(size, System.Globalization.CultureInfo.InvariantCulture), ChunkSize = 64 << 10 })),
            ["image", "restore", var image, var target] => new RunDraft([new RunUse(image, Shared: true), new RunUse(target)], null,
                () => Runs.Restore(new RestoreRequest(image, target) { Passphrase = open })),
            ["image", "verify", var image] => new RunDraft([new RunUse(image, Shared: true)], null, () => Runs.Verify(new VerifyRequest(image) { Passphrase = open })),
            ["image", "verify", var image, "--receipt", var receipt] => new RunDraft([new RunUse(image, Shared: true)], receipt,
                () => Runs.Verify(new VerifyRequest(image) { Passphrase = open })),
            ["clone", var source, var target] => new RunDraft([new RunUse(source), new RunUse(target)], null, () => Runs.Clone(new CloneRequest(source, target))),
            ["wait", var target] => new RunDraft([new RunUse(target)], null, () => new WaitingRun(target)),
            ["told", var partition] => new RunDraft([], null, () => new WaitingRun(request.Unlock![int.Parse(partition, System.Globalization.CultureInfo.InvariantCulture)])),
            _ => throw new UsageException($"'{string.Join(' ', request.Command)}' is no run"),
        };
    }

    public Problem Explain(Exception exception) => exception is HostException { Problem: var said }
        ? said
        : new Problem(exception.Message, KindOf(exception), (exception as RescueKitException)?.Remedy, ExitCodes.Of(exception));

    private static string KindOf(Exception exception) => exception switch
    {
        UsageException => "usage",
        SafetyException => "safety",
        WrongPassphraseException => "wrong_passphrase",
        OperationCanceledException => "cancelled",
        RescueKitException => "device",
        _ => "internal",
    };
}

/// <summary>A run that shows progress once and then waits to be cancelled.</summary>
/// <param name="stopping">What it does when it is asked to stop, before it has ended.</param>
/// <param name="lettingGo">What it does when it is disposed of.</param>
internal sealed class WaitingRun(string target, Action? stopping = null, Action? lettingGo = null) : IRun
{
    public RunPlan Plan { get; } = new()
    {
        Operation = "clone",
        From = new PlanDisk("nothing", 0, null, null, ""),
        Onto = new PlanDisk(target, 0, null, null, ""),
        Items = [],
    };

    public bool IsConfidential => false;
    public Receipt? Receipt { get; private set; }

    public Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel)
    {
        progress?.Invoke(new RunProgress("waiting", 1, 2, 3, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5), 0) { Partition = 6 });
        cancel.WaitHandle.WaitOne();
        stopping?.Invoke();
        Receipt = new Receipt
        {
            Operation = "clone",
            Verdict = "failed",
            Cancelled = true,
            ToolVersion = "",
            StartedAt = default,
            FinishedAt = default,
            ExitCode = ExitCodes.Cancelled,
        };
        throw new OperationCanceledException(cancel);
    }

    public void Dispose() => lettingGo?.Invoke();
}
