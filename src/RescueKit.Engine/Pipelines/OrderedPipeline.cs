using System.Runtime.ExceptionServices;

namespace RescueKit.Engine.Pipelines;

/// <summary>One thread's share of a pipeline; holds what that thread alone uses (buffers, an encoder).</summary>
internal interface IJobWorker<in TJob> : IDisposable
{
    void Process(TJob job);
}

/// <summary>
/// Hands jobs out in order, works on them in several threads, and hands the results back in the order in which they were handed out, on
/// the calling thread. At most <paramref name="capacity"/> jobs are under way, so memory is bounded; job objects are reused.
/// </summary>
internal sealed class OrderedPipeline<TJob>(int workers, int capacity, Func<TJob> newJob) where TJob : class
{
    /// <summary>How long a stop waits for reads and writes that are under way. A dying disk may hold one for minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(800);

    private readonly Lock _handOut = new();
    private readonly object _gate = new();
    private readonly TJob[] _ring = [.. Enumerable.Range(0, capacity).Select(_ => newJob())];
    private readonly bool[] _done = new bool[capacity];
    private long _issued;
    private long _finished;
    private bool _exhausted;
    private bool _stopped;
    private ExceptionDispatchInfo? _failure;

    /// <param name="next">Fills the next job in; false when there is none. Called by one thread at a time.</param>
    /// <param name="newWorker">Called once on each thread.</param>
    /// <param name="finish">Takes a finished job, in order, on the calling thread.</param>
    /// <param name="abandon">Takes back what a job holds that was worked on and never finished.</param>
    /// <exception cref="OperationCanceledException">Cancelled; workers stuck in a device are left to themselves.</exception>
    public void Run(
        Func<TJob, bool> next, Func<IJobWorker<TJob>> newWorker, Action<TJob> finish, Action<TJob>? abandon, CancellationToken cancel)
    {
        using var wake = cancel.Register(Stop);
        var threads = new Thread[workers];
        for (var i = 0; i < workers; i++)
        {
            threads[i] = new Thread(() => Work(next, newWorker)) { IsBackground = true, Name = $"pipeline {i}" };
            threads[i].Start();
        }
        try
        {
            while (WaitForHead() is { } job)
            {
                finish(job);
                lock (_gate)
                {
                    _finished++;
                    Monitor.PulseAll(_gate);
                }
            }
        }
        finally
        {
            Stop();
            Join(threads);
            if (abandon is not null) Abandon(abandon);
        }
        _failure?.Throw();
        cancel.ThrowIfCancellationRequested();
    }

    private void Work(Func<TJob, bool> next, Func<IJobWorker<TJob>> newWorker)
    {
        try
        {
            using var worker = newWorker();
            while (TakeNext(next) is { } slot)
            {
                worker.Process(_ring[slot]);
                lock (_gate)
                {
                    _done[slot] = true;
                    // Only the oldest job is waited for; waking a thread costs more than the lock.
                    if (slot == (int)(_finished % _ring.Length)) Monitor.PulseAll(_gate);
                }
            }
        }
        catch (Exception e)
        {
            lock (_gate) _failure ??= ExceptionDispatchInfo.Capture(e);
            Stop();
        }
    }

    private int? TakeNext(Func<TJob, bool> next)
    {
        lock (_handOut)
        {
            lock (_gate)
            {
                while (!_stopped && !_exhausted && _issued - _finished >= _ring.Length) Monitor.Wait(_gate);
                if (_stopped || _exhausted) return null;
            }
            var slot = (int)(_issued % _ring.Length);
            var more = next(_ring[slot]);
            lock (_gate)
            {
                if (more)
                {
                    _done[slot] = false;
                    _issued++;
                    return slot;
                }
                _exhausted = true;
                Monitor.PulseAll(_gate);
                return null;
            }
        }
    }

    private TJob? WaitForHead()
    {
        lock (_gate)
        {
            while (true)
            {
                if (_stopped) return null;
                var slot = (int)(_finished % _ring.Length);
                if (_finished < _issued && _done[slot]) return _ring[slot];
                if (_exhausted && _finished == _issued) return null;
                Monitor.Wait(_gate);
            }
        }
    }

    private void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    private static void Join(Thread[] threads)
    {
        var since = Environment.TickCount64;
        foreach (var thread in threads)
        {
            var left = Patience - TimeSpan.FromMilliseconds(Environment.TickCount64 - since);
            thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    private void Abandon(Action<TJob> abandon)
    {
        lock (_gate)
        {
            for (var sequence = _finished; sequence < _issued; sequence++)
            {
                var slot = (int)(sequence % _ring.Length);
                if (_done[slot]) abandon(_ring[slot]);
            }
        }
    }
}
