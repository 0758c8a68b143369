using RescueKit.Agent.Protocol;
using RescueKit.Disks;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Hosting;

/// <summary>All runs of the host. A disk, and an image that is written, is in one of them at a time.</summary>
/// <param name="annotate">Adds to a plan what this machine has to say of it.</param>
/// <param name="mustNotBeHeld">Refuses disks that something else of the host's lies on; null where there is nothing else.</param>
internal sealed class RunBook(
    IRunFactory factory, HostedRunServices services, Func<RunRequest, RunPlan, RunPlan> annotate, Action<IEnumerable<string>>? mustNotBeHeld = null)
{
    /// <summary>Runs that have ended are there to be looked at, and not for good: an agent lives for years.</summary>
    private const int MostEnded = 200;

    private readonly Lock _lock = new();

    /// <summary>Held while paths are compared, which a share that went away may hang: the list of runs stays readable.</summary>
    private readonly Lock _reserving = new();
    private readonly List<HostedRun> _runs = [];
    private int _last;

    public IReadOnlyList<RunState> States
    {
        get
        {
            lock (_lock) return [.. _runs.Select(run => run.State).OfType<RunState>()];
        }
    }

    public bool IsAnyRunning => States.Any(state => state.Stage == RunStage.Running);

    /// <exception cref="Exception">The words are no run, or it cannot be made ready; nothing is held then.</exception>
    public RunState Prepare(RunRequest request, CancellationToken cancel)
    {
        var run = Reserve(request, factory.Parse(request));
        try
        {
            var state = run.Open(plan => annotate(request, plan));
            cancel.ThrowIfCancellationRequested();
            services.Log($"run {run.Id} planned: {string.Join(' ', request.Command)}");
            return state;
        }
        catch
        {
            Forget(run);
            throw;
        }
    }

    /// <exception cref="UsageException">There is no run of that number.</exception>
    public HostedRun Get(int id)
    {
        lock (_lock) return _runs.Find(run => run.Id == id && run.State is not null) ?? throw new UsageException($"there is no run {id}", "look at the list of runs");
    }

    /// <summary>Lets a planned run go; asks a running one to stop.</summary>
    public void Cancel(int id)
    {
        var run = Get(id);
        if (run.Cancel(evenRunning: true)) Forget(run);
        else services.Log($"run {id} was asked to stop");
    }

    /// <summary>Lets a run go if it is still only planned; nothing where there is none.</summary>
    public void LetGo(int id)
    {
        HostedRun? run;
        lock (_lock) run = _runs.Find(r => r.Id == id);
        if (run?.Cancel(evenRunning: false) == true) Forget(run);
    }

    /// <summary>Stops all runs and returns when they have ended.</summary>
    public async Task CloseAsync()
    {
        List<HostedRun> runs;
        lock (_lock) runs = [.. _runs];
        var running = runs.Where(run => run.State is { Stage: RunStage.Running }).ToList();
        foreach (var run in running) run.Cancel(evenRunning: true);
        foreach (var run in running) await run.Ended.ConfigureAwait(false);
        foreach (var run in runs) run.Dispose();
    }

    /// <exception cref="SafetyException">A run that has not ended uses one of the paths.</exception>
    public void MustBeFree(IEnumerable<string> disks)
    {
        lock (_reserving) MustBeFree([.. disks.Select(disk => new RunUse(disk))]);
    }

    private HostedRun Reserve(RunRequest request, RunDraft draft)
    {
        lock (_reserving)
        {
            MustBeFree(draft.Uses);
            mustNotBeHeld?.Invoke(draft.Uses.Select(use => use.Path));
            var run = new HostedRun(++_last, request.Command, draft, services);
            List<HostedRun> old;
            lock (_lock)
            {
                _runs.Add(run);
                old = [.. _runs.Where(known => !known.IsOpen).SkipLast(MostEnded)];
            }
            foreach (var ended in old) Forget(ended);
            return run;
        }
    }

    private void MustBeFree(IReadOnlyList<RunUse> uses)
    {
        List<HostedRun> open;
        lock (_lock) open = [.. _runs.Where(run => run.IsOpen)];
        foreach (var run in open)
        {
            foreach (var (wanted, taken) in from use in uses from other in run.Uses select (use, other))
            {
                if ((wanted.Shared && taken.Shared) || !DiskInventory.AreSame(wanted.Path, taken.Path)) continue;
                throw new SafetyException($"{wanted.Path} is in run {run.Id} already ({string.Join(' ', run.Command)})",
                    $"wait until run {run.Id} has ended, or cancel it");
            }
        }
    }

    private void Forget(HostedRun run)
    {
        lock (_lock) _runs.Remove(run);
        run.Dispose();
    }
}
