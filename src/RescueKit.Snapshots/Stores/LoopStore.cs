using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using RescueKit.Model;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Stores;

/// <summary>
/// A loop device over a file without a name, in memory or on another volume: whatever ends the processes that use it, the kernel takes loop
/// device and file away. Layout of the call: include/uapi/linux/loop.h of Linux (struct loop_config, since 5.8).
/// </summary>
internal sealed unsafe class LoopStore : ICowStore
{
    private const nuint GetFree = 0x4c82, Configure = 0x4c0a, SetCapacity = 0x4c07;
    private const int ConfigLength = 304, FlagsAt = 60, NameAt = 64, AutoClear = 4, DirectIo = 16;

    /// <summary>Of this process: what one may still take, the next must not be promised.</summary>
    private static readonly List<LoopStore> s_inMemory = [];

    private readonly SafeFileHandle _file;
    private readonly SafeFileHandle _loop;
    private readonly StoreRoom _room;
    private readonly string _node;

    private LoopStore(SafeFileHandle file, SafeFileHandle loop, string node, string number, string where, StoreRoom room, long length)
    {
        (_file, _loop, _node, Number, Where, _room, Length) = (file, loop, node, number, where, room, length);
        if (where != "memory") return;
        lock (s_inMemory) s_inMemory.Add(this);
    }

    /// <summary>Memory that stores have been given and have not taken yet, in bytes.</summary>
    public static long PromisedMemory
    {
        get
        {
            lock (s_inMemory) return s_inMemory.Sum(store => Math.Max(0, store.Length - Kernel.SizeOnDisk(store._file)));
        }
    }

    public string Number { get; }
    public string Where { get; }
    public long Length { get; private set; }

    /// <exception cref="SnapshotException">There is no room, or no loop device.</exception>
    public static LoopStore InMemory(StoreRoom room)
    {
        var file = Kernel.OpenMemory("rescuekit-store") ?? throw Failed("memory");
        return Over(file, "memory", room, direct: false, Kernel.Truncate(file, room.First) == 0);
    }

    /// <param name="folder">On a file system that is not frozen, of a kind with files without names (ext4, XFS, btrfs, tmpfs).</param>
    /// <exception cref="SnapshotException">There is no room, or no loop device.</exception>
    public static LoopStore InFolder(string folder, StoreRoom room)
    {
        var file = Kernel.Open(folder, Kernel.UnnamedFile | Kernel.ReadWrite | Kernel.Exclusive) ?? throw Failed(folder);
        return Over(file, folder, room, direct: true, Kernel.Allocate(file, 0, 0, room.First) == 0);
    }

    /// <summary>Opens what another process has, which may end then.</summary>
    /// <exception cref="SnapshotException">It has ended already.</exception>
    public static LoopStore Adopt(StoreHandover from, StoreRoom room)
    {
        var file = Kernel.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{from.Process}/fd/{from.File}"), Kernel.ReadWrite) ?? throw Failed(from.Where);
        var loop = Kernel.Open(from.Loop, Kernel.ReadWrite) ?? throw Failed(from.Where);
        return new LoopStore(file, loop, from.Loop, from.Number, from.Where, room, from.Length);
    }

    public StoreHandover Handover() => new(Environment.ProcessId, (int)_file.DangerousGetHandle(), _node, Number, Where, Length, _room.VolumeLength);

    public bool Grow()
    {
        if (_room.After(Length) is not { } length) return false;
        var grown = Where == "memory" ? Kernel.Truncate(_file, length) : Kernel.Allocate(_file, 0, Length, length - Length);
        if (grown != 0 || Kernel.Control(_loop, SetCapacity, (nint)0) != 0) return false;
        Length = length;
        return true;
    }

    public void Dispose()
    {
        lock (s_inMemory) s_inMemory.Remove(this);
        _loop.Dispose();
        _file.Dispose();
    }

    private static LoopStore Over(SafeFileHandle file, string where, StoreRoom room, bool direct, bool hasRoom)
    {
        if (hasRoom && Attach(file, direct) is { } loop) return new LoopStore(file, loop.Handle, loop.Node, loop.Number, where, room, room.First);
        var error = Failed(where);
        file.Dispose();
        throw error;
    }

    /// <summary>Two may be given the same free device: the second one asks again.</summary>
    private static (SafeFileHandle Handle, string Node, string Number)? Attach(SafeFileHandle file, bool direct)
    {
        using var control = Kernel.Open("/dev/loop-control", Kernel.ReadWrite);
        for (var tries = 0; control is not null && tries < 64; tries++)
        {
            var index = Kernel.Control(control, GetFree, (nint)0);
            var node = string.Create(CultureInfo.InvariantCulture, $"/dev/loop{index}");
            if (index < 0 || Kernel.Open(node, Kernel.ReadWrite) is not { } loop) break;
            if (Start(loop, file, direct)) return (loop, node, NumberOf(index));
            var isTaken = Kernel.LastError == Kernel.Busy;
            loop.Dispose();
            if (!isTaken) break;
        }
        return null;
    }

    private static bool Start(SafeFileHandle loop, SafeFileHandle file, bool direct)
    {
        var config = stackalloc byte[ConfigLength];
        new Span<byte>(config, ConfigLength).Clear();
        *(uint*)config = (uint)file.DangerousGetHandle();
        // Past the page cache where the file system can: the same data is not kept twice, and writing it back needs no memory.
        *(uint*)(config + FlagsAt) = AutoClear | (direct ? DirectIo : 0u);
        Encoding.ASCII.GetBytes("rescuekit-store", new Span<byte>(config + NameAt, 64));
        if (Kernel.Control(loop, Configure, config) == 0) return true;
        if (!direct || Kernel.LastError != Kernel.Invalid) return false;
        *(uint*)(config + FlagsAt) = AutoClear;
        return Kernel.Control(loop, Configure, config) == 0;
    }

    private static string NumberOf(int index) => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/sys/block/loop{index}/dev")).Trim();

    private static SnapshotException Failed(string where) => new(
        $"no copy-on-write store could be made in {where}: {Kernel.Reason(Kernel.LastError)}",
        "name another place with --store; it wants a file system with free space that is not imaged itself, and the kernel's module 'loop'");
}
