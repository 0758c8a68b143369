using Microsoft.Win32.SafeHandles;
using RescueKit.Model;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Freezing;

/// <summary>
/// Shared memory between the freezer and the guardian: what is frozen now, and whether to give up. In a file below /run, which is in
/// memory; its lock is the guardian's, and tells that the snapshot lives.
/// </summary>
internal sealed unsafe class FreezeBoard : IDisposable
{
    private const int Length = 4096, GiveUpAt = 0, PhaseAt = 4, ProcessAt = 8, FileSystemsAt = 64;
    public const int MostFileSystems = 2048, MostVolumes = 1024;
    private const int VolumesAt = FileSystemsAt + MostFileSystems;

    private readonly byte* _at;

    /// <exception cref="SnapshotException">The file is not there.</exception>
    public FreezeBoard(string path)
    {
        File = Kernel.Open(path, Kernel.ReadWrite) ?? throw new SnapshotException($"{path} cannot be opened: {Kernel.Reason(Kernel.LastError)}");
        _at = Kernel.Share(File, Length);
        if (_at is null) throw new SnapshotException($"{path} cannot be shared: {Kernel.Reason(Kernel.LastError)}");
    }

    public SafeFileHandle File { get; }

    public bool GivesUp
    {
        get => Volatile.Read(ref *(int*)(_at + GiveUpAt)) != 0;
        set => Volatile.Write(ref *(int*)(_at + GiveUpAt), value ? 1 : 0);
    }

    public FreezePhase Phase
    {
        get => (FreezePhase)Volatile.Read(ref *(int*)(_at + PhaseAt));
        set => Volatile.Write(ref *(int*)(_at + PhaseAt), (int)value);
    }

    public int Freezer
    {
        get => Volatile.Read(ref *(int*)(_at + ProcessAt));
        set => Volatile.Write(ref *(int*)(_at + ProcessAt), value);
    }

    /// <summary>Marked before the kernel is asked to freeze: a freezer that dies in that moment must not leave it frozen.</summary>
    public ref byte FileSystem(int index) => ref _at[FileSystemsAt + index];

    /// <summary>The same of a volume's suspension.</summary>
    public ref byte Volume(int index) => ref _at[VolumesAt + index];

    public static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        System.IO.File.WriteAllBytes(path, new byte[Length]);
    }

    public void Dispose() => File.Dispose();
}

internal enum FreezePhase
{
    Ready,
    Freezing,
    Done,
}
