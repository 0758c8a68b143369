using RescueKit.Agent.Hosting;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Service;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Disks.Inventory;
using RescueKit.Engine;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Service;

/// <summary>Jobs by a clock that moves when it is told to.</summary>
public sealed class AgentSchedulerTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly TempFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly FakeCarrier _carrier = new();
    private readonly RecordingTools _tools = new();
    private readonly List<string> _log = [];
    private CancellationTokenSource _stop = new();
    private AgentScheduler _scheduler = null!;
    private JobBook _book = null!;
    private JobHost _host = null!;
    private Task _running = Task.CompletedTask;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_job_runs_when_it_is_due_and_once_only()
    {
        Start(Job("a", "hourly"));
        Pass(TimeSpan.FromMinutes(56));
        var run = await _carrier.NextAsync();
        Assert.Equal(["image", "create", "/a.raw"], run.Words.Take(3));
        run.End();
        await UntilAsync(() => Status("a").Last is not null);
        Assert.Equal((1, "schedule", "complete"), (Status("a").Last!.Number, Status("a").Last!.Reason, Status("a").Last!.Verdict));
        Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 5, 0, 0, TimeSpan.Zero), Status("a").NextRunAt);
        Assert.Equal(1, _carrier.Begun);
    }

    [Fact]
    public async Task What_was_missed_while_nothing_ran_is_made_up_for_once()
    {
        Start(Job("a", "hourly"));
        await StopAsync();
        _clock.Advance(TimeSpan.FromDays(3));
        Start(Job("a", "hourly"));
        (await _carrier.NextAsync()).End();
        await UntilAsync(() => Status("a").Last is not null);
        Assert.Equal("catch-up", Status("a").Last!.Reason);
        Assert.True(Status("a").NextRunAt > _clock.GetUtcNow());
    }

    [Fact]
    public async Task One_at_a_time_and_one_disk_never_twice()
    {
        Start(new AgentConfig([Job("a", "hourly"), Job("b", "hourly"), Job("c", "hourly") with { Source = "/a.raw" }], Parallel: 2));
        Pass(TimeSpan.FromHours(1));
        var (first, second) = (await _carrier.NextAsync(), await _carrier.NextAsync());
        Assert.Equal(["/a.raw", "/b.raw"], new[] { first.Words[2], second.Words[2] }.Order());
        await UntilAsync(() => Status("c").WaitsFor is not null);
        var b = first.Words[2] == "/b.raw" ? first : second;
        var a = b == first ? second : first;
        b.End();
        await UntilAsync(() => Status("c").WaitsFor == "/a.raw, which job a is imaging" || Status("a").WaitsFor == "/a.raw, which job c is imaging");
        a.End();
        Assert.Equal("/a.raw", (await _carrier.NextAsync()).End().Words[2]);
    }

    [Fact]
    public async Task A_disk_of_a_run_that_is_still_being_planned_is_waited_for()
    {
        _carrier.IsPlanning = true;
        Start(new AgentConfig([Job("a", "hourly"), Job("b", "hourly") with { Source = "/a.raw" }], Parallel: 2));
        Pass(TimeSpan.FromHours(1));
        var first = await _carrier.NextAsync();
        await UntilAsync(() => (Status("a").WaitsFor ?? Status("b").WaitsFor)?.StartsWith("/a.raw, which job", StringComparison.Ordinal) == true);
        Pass(TimeSpan.FromMinutes(50));
        Assert.Equal(1, _carrier.Begun);
        first.End();
        (await _carrier.NextAsync()).End();
    }

    [Fact]
    public async Task By_default_jobs_wait_for_each_other()
    {
        Start(Job("a", "hourly"), Job("b", "hourly"));
        Pass(TimeSpan.FromHours(1));
        var first = await _carrier.NextAsync();
        await UntilAsync(() => Status("b").WaitsFor == "other jobs" || Status("a").WaitsFor == "other jobs");
        Assert.Equal(1, _carrier.Begun);
        first.End();
        (await _carrier.NextAsync()).End();
    }

    [Fact]
    public async Task A_disk_in_somebody_elses_run_is_waited_for_and_not_for_good()
    {
        _carrier.Others = [FakeCarrier.StateOf(99, "/a.raw")];
        Start(Job("a", "hourly"));
        Pass(TimeSpan.FromHours(1));
        await UntilAsync(() => Status("a").WaitsFor == "/a.raw, which is in run 99");
        Pass(TimeSpan.FromMinutes(31));
        (await _carrier.NextAsync()).Fail(new Problem("/a.raw is in run 99 already", "safety", null, 4));
        await UntilAsync(() => Status("a").Last is { ExitCode: 4 });
    }

    [Fact]
    public async Task A_failure_is_told_and_seen()
    {
        Start(Job("a", "hourly") with { OnFailure = ["/bin/tell", "me"] });
        Pass(TimeSpan.FromHours(1));
        (await _carrier.NextAsync()).Fail(new Problem("the disk failed", "device", "look at it", 1));
        await UntilAsync(() => _tools.Calls.Count == 1);
        var call = _tools.Calls[0];
        Assert.Equal(("/bin/tell", "me"), (call.Program, Assert.Single(call.Arguments)));
        Assert.Equal(("a", "1", "the disk failed (try: look at it)"), (call.Environment["RESCUEKIT_JOB"], call.Environment["RESCUEKIT_EXIT_CODE"], call.Environment["RESCUEKIT_MESSAGE"]));
        Assert.Equal(("failed", 1), (Status("a").Last!.Verdict, Status("a").Last!.ExitCode));
        lock (_log) Assert.Contains(_log, line => line.StartsWith("! job a: run 1 failed, exit code 1: the disk failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_takes_too_long_is_ended_and_has_failed()
    {
        Start(Job("a", "hourly") with { Timeout = TimeSpan.FromMinutes(30) });
        Pass(TimeSpan.FromHours(1));
        var run = await _carrier.NextAsync();
        Pass(TimeSpan.FromMinutes(31));
        await run.Cancelled.WaitAsync(Limit);
        await UntilAsync(() => Status("a").Last is { ExitCode: 1 });
        Assert.Contains("had taken 30 minutes", Status("a").Last!.Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_does_not_end_has_failed_and_keeps_its_disk_and_place()
    {
        _carrier.IsStuck = true;
        Start(Job("a", "hourly") with { Timeout = TimeSpan.FromMinutes(30), OnFailure = ["/bin/tell"] }, Job("b", "hourly"));
        Pass(TimeSpan.FromHours(1));
        var run = await _carrier.NextAsync();
        Pass(TimeSpan.FromMinutes(31));
        await run.Cancelled.WaitAsync(Limit);
        Assert.Null(Status("a").Last);
        await UntilAsync(() => Passed(TimeSpan.FromSeconds(1)) && _tools.Calls.Count == 1);
        Assert.Equal(("running", 1, "failed", 1), (Status("a").State, Status("a").Last!.Number, Status("a").Last!.Verdict, Status("a").Last!.ExitCode));
        Assert.Contains("told to end because it had taken 30 minutes, and does not end: its folder /nowhere does not answer", Status("a").Last!.Error!, StringComparison.Ordinal);
        Assert.Equal("other jobs", Status("b").WaitsFor);
        lock (_log) Assert.Single(_log, line => line.StartsWith("! job a: run 1 failed, exit code 1: it was told to end", StringComparison.Ordinal));
        run.Fail(new Problem("cancelled", "cancelled", null, 130));
        Assert.Equal("/b.raw", (await _carrier.NextAsync()).End().Words[2]);
        Assert.Contains("it was ended because", Status("a").Last!.Error!, StringComparison.Ordinal);
        Assert.Single(_tools.Calls);
    }

    [Fact]
    public async Task A_run_that_hangs_and_a_job_that_waits_for_it_are_told_of_once()
    {
        _carrier.IsStuck = true;
        Start(Job("a", "hourly") with { OnFailure = ["/bin/tell"] }, Job("b", "hourly") with { OnFailure = ["/bin/tell"] });
        Pass(TimeSpan.FromHours(1));
        var run = await _carrier.NextAsync();
        await UntilAsync(() => Status("b").WaitsFor == "other jobs");
        Pass(TimeSpan.FromMinutes(110));
        await UntilAsync(() => Status("a").NextRunAt < _clock.GetUtcNow());
        Assert.Empty(_tools.Calls);
        Pass(TimeSpan.FromMinutes(10));
        await UntilAsync(() => _tools.Calls.Count == 2);
        Assert.Equal(["a overdue 1", "b overdue 1"], _tools.Calls.Select(call => $"{call.Environment["RESCUEKIT_JOB"]} {call.Environment["RESCUEKIT_VERDICT"]} {call.Environment["RESCUEKIT_EXIT_CODE"]}").Order());
        Assert.Equal(("running", 1, "overdue", 1, run.Words[^1]), (Status("a").State, Status("a").Last!.Number, Status("a").Last!.Verdict, Status("a").Last!.ExitCode, Status("a").Last!.Image));
        Assert.Contains("its next time has passed: it is slow, or its folder /nowhere does not answer", Status("a").Last!.Error!, StringComparison.Ordinal);
        Assert.Equal(("waiting", 1, "overdue", 1), (Status("b").State, Status("b").Last!.Number, Status("b").Last!.Verdict, Status("b").Last!.ExitCode));
        Assert.Contains("for other jobs, and its next time has passed", Status("b").Last!.Error!, StringComparison.Ordinal);
        Pass(TimeSpan.FromHours(10));
        await UntilAsync(() => Status("b").WaitsFor == "other jobs");
        Assert.False(run.Cancelled.IsCompleted);
        run.End();
        for (var i = 0; i < 2; i++) (await _carrier.NextAsync()).End();
        await UntilAsync(() => Status("a") is { State: "idle", Last.ExitCode: 0 } && Status("b") is { State: "idle", Last.ExitCode: 0 });
        Assert.Equal(2, _tools.Calls.Count);
        lock (_log) Assert.Single(_log, line => line.StartsWith("! job a: run 1 overdue, exit code 1: it runs since 2026-01-02 04:04:05Z", StringComparison.Ordinal));
        lock (_log) Assert.Single(_log, line => line.StartsWith("! job b: run 1 overdue", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_may_take_its_time_is_not_overdue()
    {
        Start(Job("a", "hourly") with { OnFailure = ["/bin/tell"], Timeout = TimeSpan.FromHours(10) });
        Pass(TimeSpan.FromHours(1));
        var run = await _carrier.NextAsync();
        Pass(TimeSpan.FromHours(5));
        run.End();
        (await _carrier.NextAsync()).End();
        await UntilAsync(() => Status("a").Last is { Number: 2, ExitCode: 0 });
        Assert.Empty(_tools.Calls);
    }

    [Fact]
    public async Task A_run_that_somebody_cancelled_and_that_does_not_end_is_told_of()
    {
        Start(Job("a", "hourly") with { OnFailure = ["/bin/tell"] });
        Pass(TimeSpan.FromHours(1));
        var run = await _carrier.NextAsync();
        var state = FakeCarrier.StateOf(7, "/a.raw") with { Cancelling = true };
        _carrier.Others = [state with { Plan = state.Plan with { Onto = state.Plan.Onto with { Path = run.Words[^1] } } }];
        await UntilAsync(() => Passed(TimeSpan.FromSeconds(1)) && _tools.Calls.Count == 1);
        Assert.Contains("it was told to end, and does not end", Status("a").Last!.Error!, StringComparison.Ordinal);
        run.End();
        await UntilAsync(() => Status("a").Last is { ExitCode: 0 });
    }

    [Fact]
    public async Task A_run_cut_off_by_the_agents_end_is_made_up_for()
    {
        Start(Job("a", "hourly"));
        Pass(TimeSpan.FromHours(1));
        var run = await _carrier.NextAsync();
        await StopAsync();
        Assert.True(run.Cancelled.IsCompleted);
        Assert.Equal("interrupted", Status("a").Last!.Verdict);
        Start(Job("a", "hourly"));
        var again = await _carrier.NextAsync();
        await StopAsync();
        Assert.True(again.Cancelled.IsCompleted);
        // Not over and over.
        Start(Job("a", "hourly"));
        Assert.Equal("idle", Status("a").State);
        Assert.Equal((2, "catch-up"), (Status("a").Last!.Number, Status("a").Last!.Reason));
    }

    [Fact]
    public async Task A_run_that_the_agents_end_cuts_off_each_time_is_told_of_once()
    {
        var config = Job("a", "hourly") with { OnFailure = ["/bin/tell"] };
        Start(config);
        Pass(TimeSpan.FromHours(1));
        await _carrier.NextAsync();
        await StopAsync();
        Start(config);
        await _carrier.NextAsync();
        await StopAsync();
        Assert.Empty(_tools.Calls);
        for (var i = 0; i < 2; i++)
        {
            Start(config);
            await UntilAsync(() => _tools.Calls.Count == 1 && !_book.Look(jobs => jobs[0].State.IsUntold));
            await StopAsync();
        }
        var told = Assert.Single(_tools.Calls).Environment;
        Assert.Equal(("2", "interrupted"), (told["RESCUEKIT_RUN"], told["RESCUEKIT_VERDICT"]));
        Assert.StartsWith("the agent ended in the middle of it, as in the run before it, and it is not made up for again; cancelled", told["RESCUEKIT_MESSAGE"], StringComparison.Ordinal);
        lock (_log) Assert.Single(_log, line => line.StartsWith("! job a: run 2 interrupted when the agent ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_fails_while_the_agent_ends_is_told_of_by_the_next_one()
    {
        _carrier.IsStuck = true;
        var config = Job("a", "hourly") with { OnFailure = ["/bin/tell"] };
        Start(config);
        Pass(TimeSpan.FromHours(1));
        var run = await _carrier.NextAsync();
        var stopping = StopAsync();
        await run.Cancelled.WaitAsync(Limit);
        run.Fail(new Problem("the share went away first", "device", null, 1));
        await stopping;
        Assert.Empty(_tools.Calls);
        Start(config);
        await UntilAsync(() => _tools.Calls.Count == 1);
        Assert.Equal(("failed", "the share went away first"), (_tools.Calls[0].Environment["RESCUEKIT_VERDICT"], _tools.Calls[0].Environment["RESCUEKIT_MESSAGE"]));
    }

    [Fact]
    public async Task A_run_of_a_killed_agent_has_failed_and_is_made_up_for()
    {
        var config = Job("a", "hourly") with { OnFailure = ["/bin/tell"] };
        File.WriteAllText(_folder.File("state.json"), """
            {"jobs": {"a": {"schedule": "hourly", "accounted_until": "2026-01-02T03:00:00+00:00", "last_number": 4,
                "begun": {"number": 4, "reason": "schedule", "at": "2026-01-02T03:00:00+00:00", "image": "/nowhere/x.rki"}}}}
            """);
        Start(config);
        (await _carrier.NextAsync()).End();
        await UntilAsync(() => Status("a").Last is { Number: 5 });
        Assert.Equal("catch-up", Status("a").Last!.Reason);
        Assert.Equal("4", Assert.Single(_tools.Calls).Environment["RESCUEKIT_RUN"]);
    }

    [Fact]
    public async Task Images_on_a_share_that_is_not_mounted_are_not_forgotten()
    {
        var folder = _folder.Folder("mnt");
        File.WriteAllText(_folder.File("state.json"), $$"""
            {"jobs": {"a": {"schedule": "hourly", "accounted_until": "2026-01-02T03:00:00+00:00", "last_number": 4,
                "images": [{"path": "{{folder}}/x.rki", "image_id": "11111111-2222-3333-4444-555555555555", "at": "2026-01-02T03:00:00+00:00"}] } } }
            """);
        Start(Job("a", "hourly") with { Folder = folder });
        Pass(TimeSpan.FromHours(1));
        (await _carrier.NextAsync()).Fail(new Problem("there is no room", "no_space", null, 1));
        await UntilAsync(() => Status("a").Last is { Number: 5 });
        Assert.Equal(1, Status("a").Images);
        Assert.Contains("11111111-2222", File.ReadAllText(_folder.File("state.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_folder_lay_on_is_known_to_the_next_run()
    {
        File.WriteAllText(_folder.File("state.json"), """
            {"jobs": {"a": {"schedule": "hourly", "accounted_until": "2026-01-02T03:00:00+00:00", "place": {"folder": "/nowhere", "mount_point": "/nowhere"}}}}
            """);
        Start(Job("a", "hourly"), Job("b", "hourly"));
        Pass(TimeSpan.FromHours(1));
        (await _carrier.NextAsync()).End();
        await UntilAsync(() => Status("a").Last is not null && Status("b").Last is not null);
        Assert.Equal((4, 0), (Status("a").Last!.ExitCode, Status("b").Last!.ExitCode));
        Assert.Equal(1, _carrier.Begun);
        var places = new StateFile(_folder.FullPath, _log.Add).Read().Jobs.Values.Select(job => job.Place!.MountPoint);
        Assert.Equal(["/nowhere", "/"], places);
    }

    [Fact]
    public async Task A_job_can_be_asked_for()
    {
        Start(Job("a", "yearly"));
        Assert.Equal(1, await _host.StartJobAsync("a", default));
        var run = await _carrier.NextAsync();
        var running = await Assert.ThrowsAsync<HostException>(() => _host.StartJobAsync("a", default));
        Assert.Equal(4, running.Problem.ExitCode);
        Assert.Equal(("running", 1), (Status("a").State, Status("a").Running!.Number));
        run.End();
        await UntilAsync(() => Status("a").Last is { Reason: "request" });
        var none = await Assert.ThrowsAsync<HostException>(() => _host.StartJobAsync("b", default));
        Assert.Equal(2, none.Problem.ExitCode);
    }

    [Fact]
    public async Task A_new_configuration_is_taken_while_a_job_runs()
    {
        Start(Job("a", "hourly"));
        Pass(TimeSpan.FromHours(1));
        var run = await _carrier.NextAsync();
        _book.Configure(new AgentConfig([Job("b", "hourly")]));
        Assert.Equal(["b", "a"], (await _host.GetJobsAsync(default)).Jobs.Select(job => job.Name));
        run.End();
        await UntilAsync(() => _host.GetJobsAsync(default).Result.Jobs.Select(job => job.Name).SequenceEqual(["b"]));
        Pass(TimeSpan.FromHours(1));
        Assert.Equal("/b.raw", (await _carrier.NextAsync()).End().Words[2]);
    }

    private static JobConfig Job(string name, string schedule) => new()
    {
        Name = name,
        Line = 1,
        Source = $"/{name}.raw",
        Folder = "/nowhere",
        File = ImageNames.Parse(ImageNames.Default, name, "web1"),
        Schedule = Agent.Schedules.CalendarExpression.Parse(schedule),
        Options = new JobOptions { Hot = false },
    };

    private void Start(params JobConfig[] jobs) => Start(new AgentConfig(jobs));

    private void Start(AgentConfig config)
    {
        _stop = new CancellationTokenSource();
        var log = new ServiceLog(Say, text => Say("! " + text));
        _book = new JobBook(new StateFile(_folder.FullPath, log.Problem), _clock);
        _book.Configure(config);
        var explain = new EngineRunFactory().Explain;
        _scheduler = new AgentScheduler(_book, _carrier, new JobRun(_carrier, new FolderMounts(new SystemRoot()), explain, _clock, Say), new FailureCommand(_tools, log), _clock, log);
        _host = new JobHost(_book, _carrier, () => new ConfigReading("/x", default, null), _scheduler.Wake, explain, _clock);
        var (scheduler, stop) = (_scheduler, _stop.Token);
        _running = Task.Run(() => scheduler.RunAsync(stop));
    }

    private void Say(string text)
    {
        lock (_log) _log.Add(text);
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Limit);
    }

    /// <summary>Also has the scheduler look at the clock, whether it sleeps already or not.</summary>
    private void Pass(TimeSpan time)
    {
        _clock.Advance(time);
        _scheduler.Wake();
    }

    private bool Passed(TimeSpan time)
    {
        Pass(time);
        return true;
    }

    private JobStatus Status(string job) => _host.GetJobsAsync(default).Result.Jobs.Single(known => known.Name == job);

    private async Task UntilAsync(Func<bool> seen)
    {
        for (var since = TimeProvider.System.GetTimestamp(); !seen();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Limit, "it has not come about");
            _scheduler.Wake();
            await Task.Delay(5);
        }
    }
}
