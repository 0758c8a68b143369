using System.Text.Json;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;
using RescueKit.Snapshots.Lvm;

namespace RescueKit.Snapshots.Freezing;

/// <summary>
/// What the executable is when it is started as a helper: the freezer, which freezes and thaws once, or the guardian, which thaws
/// where the freezer or the program that wants the snapshot dies, and removes the snapshot when nobody wants it any more. Both are told
/// everything on standard input before the first freeze, and are locked into memory.
/// </summary>
public static class SnapshotHelper
{
    public const string FreezerRole = "freezer", GuardianRole = "guardian";
    internal const string Ready = "ready", Go = "go", Arm = "arm", Disarm = "disarm", GiveUp = "give-up", Detach = "detach", Detached = "detached", Release = "release", Released = "released";

    /// <summary>How long a helper waits for its first words.</summary>
    private const int Patience = 60_000;

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
            if (role == FreezerRole) return Freeze(pipe, kit, board);
            var set = Path.GetFileName(script.SharedFile);
            using IGuarded guarded = script.LogicalVolumes is { } volumes ? new GuardedVolumes(volumes) : new GuardedSet(set);
            return new Guardian(pipe, kit, board, set, guarded).Run();
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
}
