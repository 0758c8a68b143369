using System.Diagnostics;
using System.Runtime.InteropServices;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Freezing;

/// <summary>
/// Thaws where the freezer or the program that wants the snapshot dies, and removes the snapshot when nobody wants it any more: when it is told to,
/// when that program is gone and has not left it to the guardian, or on SIGTERM.
/// </summary>
internal sealed class Guardian(HelperPipe pipe, FreezeKit kit, FreezeBoard board, string set, IGuarded guarded)
{
    private const int Moment = 100;

    /// <summary>What the limit allows, and as much again for a call that hangs in the kernel.</summary>
    private readonly TimeSpan _limit = TimeSpan.FromMilliseconds(kit.Script.FreezeLimit);
    private long _armedAt;
    private bool _isArmed, _isDetached;
    private volatile bool _isAskedToEnd;

    public int Run()
    {
        if (!Kernel.TryLock(board.File)) throw new SnapshotException($"the snapshot {set} has a guardian already");
        using var ends = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            _isAskedToEnd = true;
        });
        board.Guardian = Environment.ProcessId;
        kit.Rehearse();
        _ = IsFreezerDead;
        if (!Kernel.LockMemory()) throw new SnapshotException($"the guarding process cannot be locked into memory: {Kernel.Reason(Kernel.LastError)}");
        HelperPipe.WriteLine(SnapshotHelper.Ready);
        while (!_isAskedToEnd && Step()) { }
        if (_isArmed) MakeSureOfThaw();
        return RemoveAll();
    }

    private bool IsFreezerDead => !Kernel.IsAlive(board.Freezer);

    /// <returns>False where the end has come.</returns>
    private bool Step()
    {
        if (_isDetached) guarded.Look();
        if (_isDetached && pipe.IsClosed)
        {
            Thread.Sleep(Moment);
            return true;
        }
        switch (pipe.ReadLine(Moment))
        {
            case SnapshotHelper.Arm:
                (_isArmed, _armedAt) = (true, Stopwatch.GetTimestamp());
                break;
            case SnapshotHelper.Disarm:
                _isArmed = false;
                kit.CloseRoots();
                break;
            case SnapshotHelper.GiveUp:
                MakeSureOfThaw();
                break;
            case { } words when words.StartsWith(SnapshotHelper.Detach + " ", StringComparison.Ordinal):
                Adopt(words[(SnapshotHelper.Detach.Length + 1)..]);
                break;
            case SnapshotHelper.Release:
                return false;
            case null when pipe.IsClosed && !_isDetached:
                return false;
        }
        if (_isArmed && (Stopwatch.GetElapsedTime(_armedAt) > _limit || (IsFreezerDead && board.Phase == FreezePhase.Freezing))) MakeSureOfThaw();
        return true;
    }

    /// <summary>
    /// A freezer that lives may be about to end by itself, and until its time is over it is waited for; then everything is thawed in its
    /// place, until it has ended or is dead, since it may freeze one thing more when its call returns.
    /// </summary>
    private void MakeSureOfThaw()
    {
        _isArmed = false;
        while (board.Phase == FreezePhase.Freezing && !IsFreezerDead && Stopwatch.GetElapsedTime(_armedAt) < _limit) Thread.Sleep(Moment);
        board.GivesUp = board.Phase != FreezePhase.Done;
        while (board.Phase == FreezePhase.Freezing && !IsFreezerDead)
        {
            kit.ThawAll(isOver: false);
            Thread.Sleep(Moment);
        }
        kit.ThawAll();
    }

    private void Adopt(string words)
    {
        try
        {
            guarded.Adopt(words);
        }
        catch (RescueKitException e)
        {
            HelperPipe.WriteLine(e.Message);
            return;
        }
        (_isDetached, board.IsDetached) = (true, true);
        HelperPipe.WriteLine(SnapshotHelper.Detached);
        // Whoever reads what the program printed waits for its end, not for the guardian's.
        Kernel.CloseStandardStreams();
    }

    private int RemoveAll()
    {
        try
        {
            guarded.Remove();
            File.Delete(kit.Script.SharedFile);
            HelperPipe.WriteLine(SnapshotHelper.Released);
            return 0;
        }
        catch (Exception e) when (e is DeviceMapperException or RescueKitException or IOException)
        {
            HelperPipe.WriteLine(e.Message);
            return 1;
        }
    }
}
