using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Service;

/// <summary>Has the host of this process carry runs out.</summary>
internal sealed class HostCarrier(RunHost host) : IRunCarrier
{
    public IReadOnlyList<RunState> Runs => host.Runs;

    public async Task<RunState> CarryAsync(RunRequest request, RunPriority? priority, Action<int> planned, CancellationToken cancel)
    {
        var plan = await host.PrepareAsync(request, cancel).ConfigureAwait(false);
        planned(plan.Id);
        try
        {
            await host.StartAsync(plan.Id, null, priority, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await host.CancelAsync(plan.Id, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        using var stop = cancel.Register(() => host.Cancel(plan.Id));
        return await host.EndOfAsync(plan.Id).ConfigureAwait(false);
    }
}
