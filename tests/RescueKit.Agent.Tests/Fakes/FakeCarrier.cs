using System.Threading.Channels;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Service;
using RescueKit.Agent.Tools;
using RescueKit.Engine;

namespace RescueKit.Agent.Tests.Fakes;

/// <summary>Runs that go on until a test ends them, or they are cancelled.</summary>
internal sealed class FakeCarrier : IRunCarrier
{
    private readonly Lock _lock = new();
    private readonly Channel<FakeJobRun> _begun = Channel.CreateUnbounded<FakeJobRun>();
    private readonly List<(RunState State, FakeJobRun Run)> _runs = [];

    /// <summary>Runs that nobody here has asked for.</summary>
    public IReadOnlyList<RunState> Others { get; set; } = [];

    /// <summary>Runs are still being planned: nobody sees them.</summary>
    public bool IsPlanning { get; set; }

    /// <summary>Runs that are told to stop do not: only a test ends them.</summary>
    public bool IsStuck { get; set; }

    public int Begun { get; private set; }

    public IReadOnlyList<RunState> Runs
    {
        get
        {
            lock (_lock) return [.. Others, .. _runs.Where(run => !IsPlanning && !run.Run.Ended.IsCompleted).Select(run => run.State)];
        }
    }

    /// <summary>The next run that begins.</summary>
    public async Task<FakeJobRun> NextAsync() => await _begun.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(2));

    public static RunState StateOf(int id, string source) => new()
    {
        Id = id,
        Stage = RunStage.Running,
        Command = [],
        Plan = new RunPlan { Operation = "backup", From = new PlanDisk(source, 0, null, null, ""), Onto = new PlanDisk("/x", 0, null, null, ""), Items = [] },
    };

    public async Task<RunState> CarryAsync(RunRequest request, RunPriority? priority, Action<int> planned, CancellationToken cancel)
    {
        var run = new FakeJobRun(request.Command);
        RunState state;
        lock (_lock)
        {
            state = StateOf(++Begun, request.Command[^2]);
            _runs.Add((state, run));
        }
        planned(state.Id);
        _begun.Writer.TryWrite(run);
        using var stop = cancel.Register(() => run.Cancel(ends: !IsStuck));
        var problem = await run.Ended;
        return state with
        {
            Stage = RunStage.Ended,
            Problem = problem,
            Receipt = new Receipt { Operation = "backup", Verdict = problem is null ? "complete" : "failed", ToolVersion = "", StartedAt = default, FinishedAt = default, ExitCode = problem?.ExitCode ?? 0 },
        };
    }
}

internal sealed class FakeJobRun(IReadOnlyList<string> words)
{
    private readonly TaskCompletionSource<Problem?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Words { get; } = words;
    public Task<Problem?> Ended => _ended.Task;
    public Task Cancelled => _cancelled.Task;

    public FakeJobRun End()
    {
        _ended.TrySetResult(null);
        return this;
    }

    public void Fail(Problem problem) => _ended.TrySetResult(problem);

    public void Cancel(bool ends)
    {
        _cancelled.TrySetResult();
        if (ends) Fail(new Problem("cancelled; the image is not complete", "cancelled", null, 130));
    }
}

/// <summary>Takes down what it is to run.</summary>
internal sealed class RecordingTools : IToolRunner
{
    private readonly List<ToolCall> _calls = [];

    public IReadOnlyList<ToolCall> Calls
    {
        get
        {
            lock (_calls) return [.. _calls];
        }
    }

    public bool Has(string program) => true;

    public ToolOutcome Run(ToolCall call)
    {
        lock (_calls) _calls.Add(call);
        return new ToolOutcome(0, "", "");
    }
}
