using System.Text;
using System.Text.Json;
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
    private const int Length = 4096, GiveUpAt = 0, PhaseAt = 4, ProcessAt = 8, GuardianAt = 12, DetachedAt = 16, FileSystemsAt = 64;
    public const int MostFileSystems = 2048, MostVolumes = 1024;
    private const int VolumesAt = FileSystemsAt + MostFileSystems;

    private byte* _at;

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

    /// <summary>Its process; what <see cref="File"/>'s lock says is said of it.</summary>
    public int Guardian
    {
        get => Volatile.Read(ref *(int*)(_at + GuardianAt));
        set => Volatile.Write(ref *(int*)(_at + GuardianAt), value);
    }

    /// <summary>The program that made the snapshot has left it to the guardian.</summary>
    public bool IsDetached
    {
        get => Volatile.Read(ref *(int*)(_at + DetachedAt)) != 0;
        set => Volatile.Write(ref *(int*)(_at + DetachedAt), value ? 1 : 0);
    }

    /// <summary>Marked before the kernel is asked to freeze: a freezer that dies in that moment must not leave it frozen.</summary>
    public ref byte FileSystem(int index) => ref _at[FileSystemsAt + index];

    /// <summary>The same of a volume's suspension.</summary>
    public ref byte Volume(int index) => ref _at[VolumesAt + index];

    /// <param name="script">Kept behind the shared page, for <see cref="LeftBehind"/>.</param>
    /// <exception cref="SnapshotException">It cannot be written.</exception>
    public static void Create(string path, string script) => Writing(path, () =>
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        System.IO.File.WriteAllBytes(path, [.. new byte[Length], .. Encoding.UTF8.GetBytes(script)]);
    });

    /// <summary>Says more of what is frozen. The page is left as it is: it is shared.</summary>
    /// <exception cref="SnapshotException">It cannot be written.</exception>
    public static void Rewrite(string path, string script) => Writing(path, () =>
    {
        // Not by System.IO, which locks what it opens: the lock is the guardian's.
        using var file = Kernel.Open(path, Kernel.ReadWrite) ?? throw new SnapshotException($"{path} cannot be opened: {Kernel.Reason(Kernel.LastError)}");
        var words = Encoding.UTF8.GetBytes(script);
        RandomAccess.Write(file, words, Length);
        RandomAccess.SetLength(file, Length + words.Length);
    });

    /// <summary>What was to be frozen, as whoever made the page wrote it down; null where the file was cut off.</summary>
    public static FreezeScript? LeftBehind(string path)
    {
        try
        {
            using var file = Kernel.Open(path, Kernel.ReadOnly);
            if (file is null) return null;
            var length = RandomAccess.GetLength(file);
            if (length <= Length) return null;
            var bytes = new byte[length - Length];
            return RandomAccess.Read(file, bytes, Length) < bytes.Length ? null : JsonSerializer.Deserialize(bytes, FreezeJson.Default.FreezeScript);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>A file system or a volume is frozen, or was when whoever froze it died.</summary>
    public static bool MarksAny(string path)
    {
        var page = new byte[Length];
        try
        {
            // Not by System.IO, which locks what it opens: a guardian that begins just now would find its lock taken.
            using var file = Kernel.Open(path, Kernel.ReadOnly);
            return file is not null && RandomAccess.Read(file, page, 0) == Length && page.AsSpan(FileSystemsAt).ContainsAnyExcept((byte)0);
        }
        catch (IOException)
        {
            return false; // it has just been removed
        }
    }

    /// <summary>The freezer is at it: the kernel may not have ended a call that freezes, and nobody but the guardian would thaw afterwards.</summary>
    public static bool IsFreezing(string path)
    {
        try
        {
            using var board = new FreezeBoard(path);
            return board.Phase == FreezePhase.Freezing && Kernel.IsAlive(board.Freezer);
        }
        catch (SnapshotException)
        {
            return false; // it has just been removed
        }
    }

    /// <summary>A lock goes with the last that has the file, which memory that is shared and a program that is just being started have, too: it is let go by name.</summary>
    public void Dispose()
    {
        if (!File.IsClosed) Kernel.Unlock(File);
        if (_at is not null) Kernel.Unshare(_at, Length);
        _at = null;
        File.Dispose();
    }

    private static void Writing(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SnapshotException($"{path} cannot be written: {e.Message}", null, e);
        }
    }
}

internal enum FreezePhase
{
    Ready,
    Freezing,
    Done,
}
