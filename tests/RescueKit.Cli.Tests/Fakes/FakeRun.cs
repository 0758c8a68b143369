using RescueKit.Engine;

namespace RescueKit.Cli.Tests.Fakes;

internal delegate Receipt ExecuteRun(string? confirm, Action<RunProgress>? progress, CancellationToken cancel);

internal sealed class FakeRun(RunPlan plan, ExecuteRun execute) : IRun
{
    public RunPlan Plan { get; } = plan;
    public bool IsConfidential { get; init; }
    public Receipt? Receipt { get; set; }
    public bool Executed { get; private set; }
    public bool Disposed { get; private set; }

    public Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel)
    {
        Executed = true;
        return Receipt = execute(confirm, progress, cancel);
    }

    public void Dispose() => Disposed = true;
}
