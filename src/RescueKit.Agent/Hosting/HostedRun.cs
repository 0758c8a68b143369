using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Hosting;

/// <summary>One run from its plan to its end. Executed on a thread of its own; may be looked at from any.</summary>
internal sealed class HostedRun : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RunDraft _draft;
    private readonly HostedRunServices _services;
    private IRun? _run;
    private RunState? _state;
    private bool _letGo;

    /// <param name="id">Numbers runs in the order in which they were asked for.</param>
    public HostedRun(int id, IReadOnlyList<string> command, RunDraft draft, HostedRunServices services) =>
        (Id, Command, _draft, _services) = (id, command, draft, services);

    public int Id { get; }
    public IReadOnlyList<string> Command { get; }
    public IReadOnlyList<RunUse> Uses => _draft.Uses;

    /// <summary>Null until it is planned.</summary>
    public RunState? State
    {
        get
        {
            lock (_lock) return _state;
        }
    }

    /// <summary>True until its disks are let go.</summary>
    public bool IsOpen => State is not { Stage: RunStage.Ended };

    /// <summary>Completes when a run that was started has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Opens the disks and plans.</summary>
    /// <param name="annotate">Adds what this machine has to say of the plan.</param>
    public RunState Open(Func<RunPlan, RunPlan> annotate)
    {
        _run = _draft.Open();
        var state = new RunState { Id = Id, Stage = RunStage.Planned, Command = Command, Plan = annotate(_run.Plan) };
        lock (_lock) return _state = state;
    }

    /// <exception cref="SafetyException">What was typed does not agree to the plan; it stays planned.</exception>
    /// <exception cref="UsageException">It is not a planned one any more.</exception>
    /// <param name="priority">Of its threads; null for that of the others.</param>
    public RunState Start(string? confirm, RunPriority? priority = null)
    {
        lock (_lock)
        {
            if (_letGo || _state is not { Stage: RunStage.Planned } planned)
                throw new UsageException($"run {Id} is no planned run any more", "look at the list of runs, or plan it again");
            planned.Plan.MustBeConfirmedBy(confirm);
            _state = planned with { Stage = RunStage.Running };
            new Thread(() => Execute(confirm, priority)) { IsBackground = true, Name = $"run {Id}" }.Start();
            return _state;
        }
    }

    /// <returns>True where it was only planned and is let go now: the caller forgets it.</returns>
    /// <param name="evenRunning">Also asks a run that is going on to stop.</param>
    public bool Cancel(bool evenRunning)
    {
        lock (_lock)
        {
            if (_state is { Stage: RunStage.Planned }) return _letGo = true;
            if (!evenRunning || _state is not { Stage: RunStage.Running } running) return false;
            _state = running with { Cancelling = true };
        }
        _cancel.Cancel();
        return false;
    }

    public void Dispose()
    {
        LetGo();
        _cancel.Dispose();
    }

    /// <summary>Lets its disks go. That one cannot be let go of must not end the host, which has other runs.</summary>
    /// <returns>Why not; null where they are.</returns>
    private Exception? LetGo()
    {
        try
        {
            _run?.Dispose();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private void Execute(string? confirm, RunPriority? priority)
    {
        // Before it begins others, which inherit it.
        if (priority?.ApplyToThread() == false) _services.Log($"run {Id}: the system does not take its priority ({priority.Prefix.Trim()})");
        _services.Log($"run {Id} started: {string.Join(' ', Command)}");
        Problem? problem = null;
        KeptReceipt kept = new(null, null);
        try
        {
            using var place = _services.Receipts.Prepare(State!.Plan, _draft.ReceiptFile);
            problem = Carry(confirm);
            if (_run!.Receipt is { } receipt) kept = place.Keep(receipt, _run.IsConfidential, _run.HasStoredReceipt);
        }
        catch (Exception e)
        {
            problem = _services.Explain(e);
        }
        End(problem, kept);
    }

    /// <returns>Why it failed; null where it did not.</returns>
    private Problem? Carry(string? confirm)
    {
        try
        {
            _run!.Execute(confirm, Show, _cancel.Token);
        }
        catch (Exception e)
        {
            return _services.Explain(e);
        }
        // A verify that found damage has done its work, and the image is what failed.
        return _run.Receipt is { Error: { } error } receipt ? new Problem(error, "image_damaged", null, receipt.ExitCode) : null;
    }

    private void Show(RunProgress progress)
    {
        lock (_lock) _state = _state! with { Progress = progress };
    }

    /// <summary>The disks are let go before anybody sees that it has ended.</summary>
    private void End(Problem? problem, KeptReceipt kept)
    {
        var receipt = _run!.Receipt;
        if (receipt is not null && kept.Warning is { } warning) receipt = receipt with { Warnings = [.. receipt.Warnings, warning] };
        if (LetGo() is { } stuck) problem ??= _services.Explain(stuck);
        lock (_lock) _state = _state! with { Stage = RunStage.Ended, Receipt = receipt, ReceiptPath = kept.Path, Problem = problem };
        _services.Log($"run {Id} ended: {problem?.Error ?? receipt?.Verdict ?? "refused"}{(kept.Path is null ? "" : $"; receipt {kept.Path}")}");
        _ended.TrySetResult();
    }
}

/// <summary>What runs need of their host.</summary>
internal sealed record HostedRunServices(ReceiptKeeper Receipts, Func<Exception, Problem> Explain, Action<string> Log);
