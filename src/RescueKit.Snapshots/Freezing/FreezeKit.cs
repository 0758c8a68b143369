using Microsoft.Win32.SafeHandles;
using RescueKit.Model;
using RescueKit.Snapshots.DeviceMapper;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Freezing;

/// <summary>
/// Everything that freezing and thawing need, opened and built before the first freeze: from then on no file is touched, since the
/// very file system that a file or a program lies on may be frozen or suspended.
/// </summary>
internal sealed class FreezeKit : IDisposable
{
    private readonly FreezeBoard _board;
    private readonly FreezeCalls _calls;
    private readonly SafeFileHandle?[] _roots;
    private readonly DmRequest[] _suspends, _resumes, _activations;

    /// <summary>By volume, then by file system: it may lie on that volume.</summary>
    private readonly bool[][] _liesOn;

    /// <exception cref="SnapshotException">A file system is not mounted any more.</exception>
    public FreezeKit(FreezeScript script, FreezeBoard board) : this(script, board, FreezeCalls.OfKernel(), mustReachAll: true)
    {
    }

    /// <param name="mustReachAll">False: a file system that is not mounted any more is let be.</param>
    internal FreezeKit(FreezeScript script, FreezeBoard board, FreezeCalls calls, bool mustReachAll)
    {
        Script = script;
        _board = board;
        _calls = calls;
        _roots = [.. script.FileSystems.Select(system => calls.Open(system.MountPoint) ?? (mustReachAll ? throw FreezeCalls.CannotOpen(system.MountPoint) : null))];
        _suspends = [.. script.Volumes.Select(volume => new DmRequest(DmCommand.Suspend, volume.Name, flags: DmFlags.Suspend | (volume.FreezesItself ? 0 : DmFlags.SkipLockFs)))];
        _resumes = [.. script.Volumes.Select(volume => new DmRequest(DmCommand.Suspend, volume.Name, flags: DmFlags.SkipLockFs))];
        _activations = [.. script.Snapshots.Select(name => new DmRequest(DmCommand.Suspend, name, hidden: true))];
        _liesOn = [.. script.Volumes.Select((_, volume) => script.FileSystems.Select((_, i) => script.OnVolumes?[volume].Contains(i) ?? true).ToArray())];
    }

    /// <summary>Thaws what the shared page of dead processes says is frozen; a file system that cannot be reached any more is let be.</summary>
    public static void ThawLeft(string sharedFile)
    {
        if (FreezeBoard.LeftBehind(sharedFile) is not { } script) return;
        try
        {
            using var board = new FreezeBoard(sharedFile);
            // One that was unmounted meanwhile must not keep the others frozen.
            using var kit = new FreezeKit(script, board, FreezeCalls.OfKernel(), mustReachAll: false);
            // A freezer that lives thaws what the call freezes in which it hangs.
            board.GivesUp = true;
            kit.ThawAll(isOver: board.Phase != FreezePhase.Freezing || !Kernel.IsAlive(board.Freezer));
        }
        catch (SnapshotException)
        {
            // The page has just been removed, by who thawed; or there is no device mapper any more.
        }
    }

    public FreezeScript Script { get; }
    public int FileSystemCount => _roots.Length;
    public int VolumeCount => _suspends.Length;
    public int SnapshotCount => _activations.Length;

    /// <summary>These return 0, or the error number.</summary>
    public int FreezeFileSystem(int index)
    {
        _board.FileSystem(index) = 1;
        var errno = _calls.Control(_roots[index]!, Kernel.Freeze);
        if (errno != 0) _board.FileSystem(index) = 0; // somebody else's freeze, perhaps: not ours to thaw
        return errno;
    }

    /// <param name="isOver">Nobody freezes any more: what the kernel refuses to thaw is not frozen. Before that it may become so yet.</param>
    public int ThawFileSystem(int index, bool isOver = true)
    {
        if (_board.FileSystem(index) == 0) return 0;
        var errno = _roots[index] is { } root ? _calls.Control(root, Kernel.Thaw) : 0;
        if (errno == 0 || isOver) _board.FileSystem(index) = 0;
        return errno;
    }

    public int SuspendVolume(int index)
    {
        _board.Volume(index) = 1;
        var errno = _calls.Fire(_suspends[index]);
        // The guardian may have resumed it in vain while the call hung.
        if (errno == 0) _board.Volume(index) = 1;
        return errno;
    }

    public int ResumeVolume(int index)
    {
        if (_board.Volume(index) == 0) return 0;
        var errno = _calls.Fire(_resumes[index]);
        if (errno == 0) _board.Volume(index) = 0;
        return errno;
    }

    public int ActivateSnapshot(int index) => _calls.Fire(_activations[index]);

    /// <summary>Whatever is suspended or frozen runs again.</summary>
    /// <param name="isOver">Nobody freezes any more (<see cref="ThawFileSystem"/>).</param>
    public void ThawAll(bool isOver = true)
    {
        // The freezer may hang in the last volume that is marked, and who resumes that one waits for the same lock: all that the call may wait for comes first.
        var last = isOver ? -1 : LastMarkedVolume();
        for (var i = VolumeCount - 1; i >= 0; i--)
        {
            if (i != last) ResumeVolume(i);
        }
        ThawBeside(last);
        if (last >= 0) ResumeVolume(last);
        if (!isOver) ThawBesideLast();
        for (var i = FileSystemCount - 1; i >= 0; i--) ThawFileSystem(i, isOver);
    }

    /// <summary>-1 where none is.</summary>
    private int LastMarkedVolume()
    {
        var last = VolumeCount - 1;
        while (last >= 0 && _board.Volume(last) == 0) last--;
        return last;
    }

    /// <summary>Thaws what does not lie on a volume that cannot be resumed yet; nothing for -1. Once a volume is marked, the freezer hangs in no file system.</summary>
    private void ThawBeside(int volume)
    {
        for (var i = FileSystemCount - 1; i >= 0; i--)
        {
            if (volume >= 0 && !_liesOn[volume][i]) ThawFileSystem(i, isOver: false);
        }
    }

    /// <summary>
    /// The freezer may hang in the last file system that is marked, and who thaws that one may have to wait as long: those that cannot lie on it
    /// come first.
    /// </summary>
    private void ThawBesideLast()
    {
        var last = FileSystemCount - 1;
        while (last > 0 && _board.FileSystem(last) == 0) last--;
        for (var i = last - 1; i >= 0; i--)
        {
            if (Script.FileSystems[i].Depth == Script.FileSystems[last].Depth) ThawFileSystem(i, isOver: false);
        }
    }

    /// <summary>Runs through the same calls without freezing anything, so that all of their code is compiled and in memory.</summary>
    public void Rehearse()
    {
        ThawAll(isOver: false); // nothing is marked as frozen
        _ = _calls.Control(_board.File, Kernel.Thaw); // a file system in memory, which is never frozen
        _ = _calls.Fire(new DmRequest(DmCommand.Version));
    }

    /// <summary>Lets go of the file systems, so that they can be unmounted.</summary>
    public void CloseRoots()
    {
        foreach (var root in _roots) root?.Dispose();
    }

    public void Dispose()
    {
        CloseRoots();
        _calls.Dispose();
    }
}
