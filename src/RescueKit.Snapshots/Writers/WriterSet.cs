using System.Diagnostics;
using RescueKit.Model;
using RescueKit.Snapshots.Quiescence;
using RescueKit.Snapshots.Writers.Detection;

namespace RescueKit.Snapshots.Writers;

/// <summary>
/// The writers of one snapshot. All prepare at the same time; then a quiet moment is waited for; they freeze one after the other, and thaw the
/// other way round, whatever happens, also when the process is told to end. One that hangs is ended at its deadline, so that it keeps the others
/// frozen no longer; and all let go <see cref="Limit"/> after the first one's freeze at the latest, after which none counts as frozen.
/// </summary>
public sealed class WriterSet : IWriterSession
{
    /// <summary>First freeze to last thaw; what VSS gives its writers.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>For each step of each writer when the process is told to end.</summary>
    private static readonly TimeSpan s_hurry = TimeSpan.FromSeconds(10);

    private readonly IReadOnlyList<LiveVolume> _volumes;
    private readonly IReadOnlyList<WriterSeat> _seats;
    private readonly IReadOnlyList<RunningServer> _servers;
    private readonly QuietOptions _quiet;
    private readonly Lock _lock = new();
    private readonly List<WriterSeat> _freezing = [];
    private Timer? _watch;
    private long _firstFreeze;
    private bool _isCompleted;
    private volatile bool _isOverdue, _isEnding;
    private TimeSpan? _frozen;
    private QuietResult? _waited;

    internal WriterSet(IReadOnlyList<LiveVolume> volumes, IReadOnlyList<WriterEntry> writers, IReadOnlyList<RunningServer> servers, QuietOptions quiet)
    {
        (_volumes, _servers, _quiet) = (volumes, servers, quiet);
        _seats = [.. writers.Select(writer => new WriterSeat(writer))];
        AppDomain.CurrentDomain.ProcessExit += EndWithProcess;
    }

    internal IBlockStatistics Statistics { get; init; } = new KernelStatistics();
    internal TimeProvider Clock { get; init; } = TimeProvider.System;
    internal Func<IReadOnlyList<LiveVolume>, PlaceMap> Places { get; init; } = PlaceMap.Of;
    internal Action? Waits { get; init; }
    internal TimeSpan MostFrozen { get; init; } = Limit;

    public WriterReport Report => new(
        [.. _seats.Select(seat => seat.Result)], [.. _servers.Select(Found)], _frozen?.TotalSeconds, _waited, [.. WriterWarnings.Of(_seats, _servers)]);

    private Grading Grading => new(_seats, [.. _servers.SelectMany(server => server.Volumes.Select(volume => (volume, Found(server).Writer is not null)))]);

    /// <summary>Each on a thread of its own, since they wait for their applications.</summary>
    /// <exception cref="SnapshotException">A writer failed without which no snapshot is wanted.</exception>
    public void Prepare()
    {
        var places = Places(_volumes);
        var threads = _seats.Select(seat => new Thread(() => Prepare(seat, places)) { IsBackground = true, Name = $"writer {seat.Name}" }).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Check();
    }

    public void Freeze()
    {
        Check();
        if (!_quiet.IsNone) Waits?.Invoke();
        _waited = new QuietWait(Statistics, Clock).Run([.. _volumes.Select(volume => volume.Number)], _quiet, CancellationToken.None);
        foreach (var seat in _seats.Where(seat => seat.IsOn).ToList())
        {
            Begin(seat);
            var left = MostFrozen - Stopwatch.GetElapsedTime(_firstFreeze);
            if (left <= TimeSpan.Zero)
            {
                LetGo();
                foreach (var late in _seats.Where(late => late.IsOn)) late.Fail("was not frozen in time: others had taken all of it");
                Check();
                return;
            }
            seat.Try(writer => writer.Freeze(left < seat.Deadline ? left : seat.Deadline));
            Check();
        }
    }

    public void Thaw(bool isTaken)
    {
        _watch?.Dispose();
        List<WriterSeat> frozen;
        lock (_lock)
        {
            frozen = [.. Enumerable.Reverse(_freezing)];
            _freezing.Clear();
        }
        var isOverdue = _isOverdue || (frozen.Count > 0 && Stopwatch.GetElapsedTime(_firstFreeze) > MostFrozen);
        foreach (var seat in frozen)
        {
            if (isOverdue) seat.Fail(FormattableString.Invariant($"was let go after {MostFrozen.TotalSeconds:0} s, when there was no snapshot yet"));
            seat.Try(writer => writer.Thaw(isTaken, Patience(seat.Deadline)));
            seat.EndFreeze();
        }
        if (frozen.Count > 0) _frozen = Stopwatch.GetElapsedTime(_firstFreeze);
    }

    public void Check()
    {
        if (_seats.FirstOrDefault(seat => seat is { IsRequired: true, State: WriterState.Failed }) is { } seat)
            throw new SnapshotException($"the writer {seat.Name} {seat.Message}; no image is wanted without it", $"see what is wrong with it; or set \"on_failure\": \"downgrade\" for {seat.Name}");
    }

    public Consistency Grade(FrozenVolume volume) => Grading.Of(volume.Live, volume.Consistency);

    public Consistency Grade(ISnapshot snapshot) => Grading.Of([.. snapshot.Volumes.Where(volume => _volumes.Contains(volume.Live)).Select(volume => (volume.Live, volume.Consistency))]);

    public IReadOnlyList<string> Complete(string? snapshot, bool isSuccess)
    {
        lock (_lock)
        {
            if (_isCompleted) return [];
            _isCompleted = true;
        }
        var failed = new List<string>();
        foreach (var seat in _seats.Where(seat => seat.IsTold).Reverse())
        {
            if (seat.Call(writer => writer.Complete(new WriterEnding(snapshot, isSuccess), Patience(seat.Patience))) is { } why) failed.Add($"The writer {seat.Name} {why}.");
        }
        return failed;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= EndWithProcess;
        Thaw(false);
        Complete(null, false);
        foreach (var seat in _seats) seat.Call(writer => writer.Dispose());
    }

    private static void Prepare(WriterSeat seat, PlaceMap places)
    {
        seat.Try(writer => places.Seat(seat, writer.Look(seat.Patience)));
        if (!seat.IsOn) return;
        seat.IsTold = true;
        seat.Try(writer => writer.Prepare(
            new WriterContext([.. seat.Volumes.Select(volume => volume.Name)], [.. seat.Volumes.SelectMany(volume => volume.FileSystems).Select(system => system.MountPoint).Distinct()]), seat.Patience));
    }

    private TimeSpan Patience(TimeSpan usual) => _isEnding && s_hurry < usual ? s_hurry : usual;

    /// <exception cref="OperationCanceledException">The process is told to end.</exception>
    private void Begin(WriterSeat seat)
    {
        lock (_lock)
        {
            if (_isEnding) throw new OperationCanceledException();
            if (_freezing.Count == 0 && _watch is null)
            {
                _firstFreeze = Stopwatch.GetTimestamp();
                _watch = new Timer(_ => LetGo(), null, MostFrozen, Timeout.InfiniteTimeSpan);
            }
            _freezing.Add(seat);
            seat.BeginFreeze();
        }
    }

    /// <summary>File systems may be frozen right now: nothing is started.</summary>
    private void LetGo()
    {
        lock (_lock)
        {
            if (_freezing.Count == 0) return;
            _isOverdue = true;
            foreach (var seat in _freezing) seat.Writer.Abandon();
        }
    }

    private void EndWithProcess(object? sender, EventArgs e)
    {
        lock (_lock) _isEnding = true;
        foreach (var seat in _seats.Where(seat => seat.IsBusy)) seat.Writer.Abandon();
        Thaw(false);
        Complete(null, false);
    }

    private DatabaseFound Found(RunningServer server) =>
        new(server.Program, server.Folder, [.. server.Volumes.Select(volume => volume.Name)], _seats.FirstOrDefault(seat => seat.IsOn && seat.Covers(server))?.Name);
}
