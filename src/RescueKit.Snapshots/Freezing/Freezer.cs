using System.Diagnostics;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Freezing;

/// <summary>
/// Freezes, switches and thaws, and nothing else: file systems, the topmost first; then the volumes below; makes the snapshots active; and all
/// back again. Touches no file and starts nothing. A call that hangs in the kernel cannot be interrupted: the limits are looked at
/// between calls, and what exceeded them is no snapshot.
/// </summary>
internal sealed class Freezer(FreezeKit kit, FreezeBoard board)
{
    private long _begun, _suspended, _resumed;
    private string? _problem;
    private (FreezeStep Step, int Index, int Errno) _failed;

    public FreezeOutcome Run()
    {
        board.Phase = FreezePhase.Freezing;
        _begun = _suspended = _resumed = Stopwatch.GetTimestamp();
        try
        {
            if (FreezeFileSystems() && SuspendVolumes()) ActivateSnapshots();
        }
        finally
        {
            for (var i = kit.VolumeCount - 1; i >= 0; i--) Check(kit.ResumeVolume(i), FreezeStep.Resume, i);
            _resumed = Stopwatch.GetTimestamp();
            for (var i = kit.FileSystemCount - 1; i >= 0; i--) Check(kit.ThawFileSystem(i), FreezeStep.Thaw, i);
        }
        var end = Stopwatch.GetTimestamp();
        board.Phase = FreezePhase.Done;
        var (frozen, held) = (Microseconds(_begun, end), _suspended == _begun ? 0 : Microseconds(_suspended, _resumed));
        _problem = Failure() ?? _problem;
        if (frozen > kit.Script.FreezeLimit * 1000L) _problem ??= $"from freeze to thaw it took {frozen / 1000} ms, more than the {kit.Script.FreezeLimit} ms allowed";
        if (held > kit.Script.HoldLimit * 1000L) _problem ??= $"the volumes were held for {held / 1000} ms, more than the {kit.Script.HoldLimit} ms allowed";
        if (board.GivesUp) _problem ??= "it was given up while the file systems were frozen";
        return new FreezeOutcome(_problem, frozen, held);
    }

    /// <summary>Warms everything up: the same code with nothing to freeze.</summary>
    public void Rehearse()
    {
        kit.Rehearse();
        _ = InTime();
        _ = IsHeldTooLong();
        _ = Microseconds(_begun, Stopwatch.GetTimestamp());
        (_begun, _problem) = (0, null);
    }

    private bool FreezeFileSystems()
    {
        for (var i = 0; i < kit.FileSystemCount; i++)
        {
            if (!InTime() || !Check(kit.FreezeFileSystem(i), FreezeStep.Freeze, i)) return false;
        }
        return InTime();
    }

    private bool SuspendVolumes()
    {
        _suspended = Stopwatch.GetTimestamp();
        for (var i = 0; i < kit.VolumeCount; i++)
        {
            // The first one holds nobody before it is asked for.
            if (!InTime() || (i > 0 && IsHeldTooLong()) || !Check(kit.SuspendVolume(i), FreezeStep.Suspend, i)) return false;
        }
        return InTime() && !IsHeldTooLong();
    }

    private void ActivateSnapshots()
    {
        for (var i = 0; i < kit.SnapshotCount; i++)
        {
            if (!Check(kit.ActivateSnapshot(i), FreezeStep.Activate, i)) return;
        }
    }

    /// <summary>There is no snapshot any more, so nobody needs to wait longer. Put into words after the thaw, as the time is over then, too.</summary>
    private bool IsHeldTooLong() => Microseconds(_suspended, Stopwatch.GetTimestamp()) > kit.Script.HoldLimit * 1000L;

    private bool InTime()
    {
        if (board.GivesUp)
        {
            _problem ??= "it was given up while the file systems were frozen";
            return false;
        }
        if (Microseconds(_begun, Stopwatch.GetTimestamp()) < kit.Script.FreezeLimit * 1000L) return true;
        _problem ??= $"freezing took longer than the {kit.Script.FreezeLimit} ms allowed";
        return false;
    }

    private bool Check(int errno, FreezeStep step, int index)
    {
        if (errno == 0 || (errno == Kernel.Invalid && step == FreezeStep.Thaw && board.GivesUp)) return true; // the guardian was quicker
        if (_failed.Errno == 0) _failed = (step, index, errno);
        return false;
    }

    /// <summary>Put into words after the thaw.</summary>
    private string? Failure() => _failed.Errno == 0 ? null : _failed.Step switch
    {
        FreezeStep.Freeze => $"{kit.Script.FileSystems[_failed.Index].MountPoint} cannot be frozen: {Kernel.Reason(_failed.Errno)}",
        FreezeStep.Thaw => $"{kit.Script.FileSystems[_failed.Index].MountPoint} could not be thawed: {Kernel.Reason(_failed.Errno)}",
        FreezeStep.Suspend => $"{kit.Script.Volumes[_failed.Index].Name} cannot be suspended: {Kernel.Reason(_failed.Errno)}",
        FreezeStep.Resume => $"{kit.Script.Volumes[_failed.Index].Name} could not be resumed: {Kernel.Reason(_failed.Errno)}",
        _ => $"{kit.Script.Snapshots[_failed.Index]} cannot be made active: {Kernel.Reason(_failed.Errno)}",
    };

    private enum FreezeStep { Freeze, Suspend, Activate, Resume, Thaw }

    private static long Microseconds(long from, long to) => (long)Stopwatch.GetElapsedTime(from, to).TotalMicroseconds;
}
