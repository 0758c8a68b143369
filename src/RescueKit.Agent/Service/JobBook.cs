using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Model;

namespace RescueKit.Agent.Service;

/// <summary>All jobs and how they stand; what has to outlive the agent is written down before it is acted upon. May be used from any thread.</summary>
internal sealed class JobBook
{
    /// <summary>A run that begins later than this was missed by the agent, not only by its clock.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly StateFile _file;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, JobState> _states;
    private List<JobEntry> _jobs = [];

    public JobBook(StateFile file, TimeProvider clock)
    {
        (_file, _clock) = (file, clock);
        _states = new Dictionary<string, JobState>(file.Read().Jobs);
    }

    public int Parallel { get; private set; } = 1;

    /// <summary>Takes a configuration. A job that is running goes on as it was begun; what waits and is no job any more is forgotten.</summary>
    public void Configure(AgentConfig config)
    {
        lock (_lock)
        {
            Parallel = config.Parallel;
            var now = _clock.GetUtcNow();
            var next = new List<JobEntry>();
            foreach (var job in config.Jobs)
            {
                var entry = _jobs.Find(known => known.Config.Name == job.Name) ?? new JobEntry(job, _states.GetValueOrDefault(job.Name) ?? new JobState());
                entry.Config = job;
                entry.State = DueTimes.Adjust(entry.State, job.Schedule, now, _clock.LocalTimeZone);
                next.Add(entry);
            }
            var gone = _jobs.Where(known => known.Running is not null && !next.Contains(known)).ToList();
            foreach (var entry in next) entry.IsGone = false;
            foreach (var entry in gone) entry.IsGone = true;
            _jobs = [.. next, .. gone];
            Keep();
        }
    }

    /// <summary>Jobs whose runs were going on when the agent was ended without a word: <see cref="End"/> is to be told what became of these.</summary>
    public IReadOnlyList<(JobEntry Entry, JobBegun Begun)> TakeOver()
    {
        lock (_lock)
        {
            var found = _jobs.Where(entry => entry is { Running: null, State.Begun: not null }).ToList();
            foreach (var entry in found) entry.IsBeingTakenOver = true;
            return [.. found.Select(entry => (entry, entry.State.Begun!))];
        }
    }

    /// <summary>Failures that the last agent had no time to tell. Runs that are made up for are none: how that ends is told.</summary>
    public IReadOnlyList<(JobEntry Entry, JobResult Result)> Untold()
    {
        lock (_lock) return [.. _jobs.Where(entry => entry.State is { IsUntold: true, Owed: false, Begun: null, Last: not null }).Select(entry => (entry, entry.State.Last!))];
    }

    /// <summary>Finds out what is due, and gives back when the next one will be; null for never.</summary>
    public DateTimeOffset? MarkDue()
    {
        lock (_lock)
        {
            var now = _clock.GetUtcNow();
            DateTimeOffset? soonest = null;
            foreach (var entry in _jobs)
            {
                var before = entry.State;
                entry.State = DueTimes.Adjust(before, entry.Config.Schedule, now, _clock.LocalTimeZone);
                if (entry.State != before) Keep();
                if (!entry.IsIdle) continue;
                var due = DueTimes.Next(entry.State, entry.Config.Schedule, _clock.LocalTimeZone);
                if (entry.State.Owed) Ask(entry, JobTicket.CatchUp);
                else if (due <= now) Ask(entry, now - due > Late ? JobTicket.CatchUp : JobTicket.Schedule);
                else if (due is not null && (soonest is null || due < soonest)) soonest = due;
            }
            return soonest;
        }
    }

    /// <returns>The number of the run to come.</returns>
    /// <exception cref="UsageException">There is no such job.</exception>
    /// <exception cref="SafetyException">It is running.</exception>
    public int Ask(string job)
    {
        lock (_lock)
        {
            var entry = _jobs.Find(known => known.Config.Name == job) ?? throw NoJob(job);
            if (entry.Running is { } running)
                throw new SafetyException($"the job '{job}' is running already, since {running.Begun.At:yyyy-MM-dd HH:mm:ss}Z", "wait until it has ended: rescuekit agent status");
            if (entry.Waiting is null) Ask(entry, JobTicket.Request);
            return entry.Waiting!.Number;
        }
    }

    /// <summary>Takes the next job that may begin: as many at a time as are allowed, none whose disk is in a run. For one caller at a time.</summary>
    /// <param name="hold">Why a job has to wait though it is its turn; null where it does not. Asked without the lock: it may look at disks.</param>
    public JobEntry? Begin(Func<JobEntry, string?> hold)
    {
        foreach (var entry in Waiting())
        {
            var reason = hold(entry);
            lock (_lock)
            {
                entry.WaitsFor = reason;
                if (reason is not null || entry.Waiting is null || !_jobs.Contains(entry)) continue;
                Begin(entry);
                return entry;
            }
        }
        return null;
    }

    /// <summary>Notes down how a running job, or one that was taken over, ended.</summary>
    public void End(JobEntry entry, JobResult result, Func<JobState, JobState> change)
    {
        lock (_lock)
        {
            entry.State = change(entry.State) with { Begun = null, Last = result };
            (entry.Running, entry.IsBeingTakenOver) = (null, false);
            if (entry.Waiting is null) entry.Stuck = null;
            Keep();
            if (entry.IsGone) _jobs.Remove(entry);
        }
    }

    /// <summary>Notes down that a run's failure was told.</summary>
    public void MarkTold(JobEntry entry, JobResult result)
    {
        lock (_lock)
        {
            if (entry.State is not { IsUntold: true, Last: { } last } || last.Number != result.Number) return;
            entry.State = entry.State with { IsUntold = false };
            Keep();
        }
    }

    /// <summary>Notes down that an image of a running job is about to be removed.</summary>
    public void MarkGoing(JobEntry entry, JobImage going)
    {
        lock (_lock)
        {
            entry.State = entry.State with { Images = [.. entry.State.Images.Select(image => image.Is(going) ? image with { IsGoing = true } : image)] };
            Keep();
        }
    }

    /// <summary>Has the job, which goes on, look as one that has failed.</summary>
    public void MarkStuck(JobEntry entry, JobResult result)
    {
        lock (_lock)
        {
            if (entry.Running is not null) entry.Stuck = result;
        }
    }

    /// <summary>Has jobs that wait, or run, for too long look as ones that have failed; gives back each once.</summary>
    public IReadOnlyList<(JobConfig Job, JobResult Result)> MarkOverdue()
    {
        lock (_lock)
        {
            var late = _jobs.Where(entry => entry is { IsIdle: false, Stuck: null, Patience: { } patience } && _clock.GetElapsedTime(entry.Since) >= patience).ToList();
            foreach (var entry in late) (entry.Patience, entry.Stuck) = (null, Overdue.Of(entry, _clock.GetUtcNow()));
            return [.. late.Select(entry => (entry.Config, entry.Stuck!))];
        }
    }

    public void Plan(JobEntry entry, int run)
    {
        lock (_lock)
        {
            if (entry.Running is { } running) running.Run = run;
        }
    }

    public T Look<T>(Func<IReadOnlyList<JobEntry>, T> look)
    {
        lock (_lock) return look(_jobs);
    }

    /// <summary>Those that were asked for first; none where as many run as may.</summary>
    private List<JobEntry> Waiting()
    {
        lock (_lock)
        {
            var waiting = _jobs.Where(entry => entry.Waiting is not null).OrderBy(entry => entry.Waiting!.Reason != JobTicket.Request).ToList();
            if (_jobs.Count(entry => entry.Running is not null) < Parallel) return waiting;
            foreach (var entry in waiting) entry.WaitsFor = "other jobs";
            return [];
        }
    }

    private UsageException NoJob(string job) => new(
        $"there is no job '{job}'", _jobs.Count > 0 ? $"jobs are {string.Join(", ", _jobs.Select(known => known.Config.Name))}" : "write it into the configuration");

    private void Ask(JobEntry entry, string reason)
    {
        var now = _clock.GetUtcNow();
        entry.State = entry.State with { LastNumber = entry.State.LastNumber + 1 };
        entry.Waiting = new JobTicket(entry.State.LastNumber, reason, now);
        (entry.Since, entry.Patience) = (_clock.GetTimestamp(), Overdue.Patience(entry.Config.Schedule, now, _clock.LocalTimeZone));
    }

    private void Begin(JobEntry entry)
    {
        var now = _clock.GetUtcNow();
        var image = Path.Combine(entry.Config.Folder, entry.Config.File.At(TimeZoneInfo.ConvertTime(now, _clock.LocalTimeZone)));
        var begun = new JobBegun(entry.Waiting!.Number, entry.Waiting.Reason, now, image);
        entry.State = DueTimes.Begin(entry.State, now) with { Begun = begun };
        (entry.Waiting, entry.WaitsSince, entry.Running) = (null, null, new RunningJob(begun, entry.Config.Source));
        // A run that has a time-out is told of by that.
        var patience = entry.Config.Timeout is null ? Overdue.Patience(entry.Config.Schedule, now, _clock.LocalTimeZone) : null;
        (entry.Since, entry.Patience, entry.Stuck) = (_clock.GetTimestamp(), patience, null);
        Keep();
    }

    private void Keep()
    {
        foreach (var entry in _jobs) _states[entry.Config.Name] = entry.State;
        _file.Write(new AgentState { Jobs = _states });
    }
}
