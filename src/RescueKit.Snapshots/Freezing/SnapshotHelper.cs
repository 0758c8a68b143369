using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Freezing;

/// <summary>
/// What the executable is when it is started as a helper: the freezer, which freezes and thaws once, or the guardian, which thaws
/// where the freezer or the program that wants the snapshot dies, and removes the snapshot when nobody wants it any more. Both are told
/// everything on standard input before the first freeze, and are locked into memory.
/// </summary>
public static class SnapshotHelper
{
    public const string FreezerRole = "freezer", GuardianRole = "guardian";
    internal const string Ready = "ready", Go = "go", Arm = "arm", Disarm = "disarm", GiveUp = "give-up", Detach = "detach", Release = "release", Released = "released";

    /// <summary>How long a helper waits for its first words.</summary>
    private const int Patience = 60_000, Look = 100;

    /// <returns>The exit code.</returns>
    public static int Run(string role)
    {
        // Signals of the terminal are for the program that started it.
        Kernel.LeaveSession();
        var pipe = new HelperPipe();
        if (pipe.ReadLine(Patience) is not { } words) return 1;
        try
        {
            var script = JsonSerializer.Deserialize(words, FreezeJson.Default.FreezeScript)!;
            using var board = new FreezeBoard(script.SharedFile);
            using var kit = new FreezeKit(script, board);
            return role == FreezerRole ? Freeze(pipe, kit, board) : new Guardian(pipe, kit, board, Path.GetFileName(script.SharedFile)).Run();
        }
        catch (RescueKitException e)
        {
            HelperPipe.WriteLine(e.Message);
            return 1;
        }
    }

    private static int Freeze(HelperPipe pipe, FreezeKit kit, FreezeBoard board)
    {
        var freezer = new Freezer(kit, board);
        freezer.Rehearse();
        board.Freezer = Environment.ProcessId;
        if (!Kernel.LockMemory()) throw new SnapshotException($"the freezing process cannot be locked into memory: {Kernel.Reason(Kernel.LastError)}");
        HelperPipe.WriteLine(Ready);
        // Applications freeze first, and a quiet moment may be waited for: as long as whoever started this lives.
        string? word;
        do word = pipe.ReadLine(Patience); while (word is null && !pipe.IsClosed);
        if (word != Go) return 1;
        var outcome = freezer.Run();
        HelperPipe.WriteLine(JsonSerializer.Serialize(outcome, FreezeJson.Default.FreezeOutcome));
        return 0;
    }

    private sealed class Guardian(HelperPipe pipe, FreezeKit kit, FreezeBoard board, string set)
    {
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
            kit.Rehearse();
            _ = IsFreezerDead;
            if (!Kernel.LockMemory()) throw new SnapshotException($"the guarding process cannot be locked into memory: {Kernel.Reason(Kernel.LastError)}");
            HelperPipe.WriteLine(Ready);
            while (!_isAskedToEnd && Step()) { }
            if (_isArmed) MakeSureOfThaw();
            return RemoveAll();
        }

        private bool IsFreezerDead => !Kernel.IsAlive(board.Freezer);

        /// <returns>False where the end has come.</returns>
        private bool Step()
        {
            if (_isDetached && pipe.IsClosed)
            {
                Thread.Sleep(Look);
                return true;
            }
            switch (pipe.ReadLine(Look))
            {
                case Arm:
                    (_isArmed, _armedAt) = (true, Stopwatch.GetTimestamp());
                    break;
                case Disarm:
                    _isArmed = false;
                    kit.CloseRoots();
                    break;
                case GiveUp:
                    MakeSureOfThaw();
                    break;
                case Detach:
                    _isDetached = true;
                    break;
                case Release:
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
            while (board.Phase == FreezePhase.Freezing && !IsFreezerDead && Stopwatch.GetElapsedTime(_armedAt) < _limit) Thread.Sleep(Look);
            board.GivesUp = board.Phase != FreezePhase.Done;
            while (board.Phase == FreezePhase.Freezing && !IsFreezerDead)
            {
                kit.ThawAll();
                Thread.Sleep(Look);
            }
            kit.ThawAll();
        }

        private int RemoveAll()
        {
            try
            {
                using var mapper = new DmControl();
                SetRemoval.Remove(mapper, set);
                File.Delete(kit.Script.SharedFile);
                HelperPipe.WriteLine(Released);
                return 0;
            }
            catch (Exception e) when (e is DeviceMapperException or RescueKitException or IOException)
            {
                HelperPipe.WriteLine(e.Message);
                return 1;
            }
        }
    }
}
