using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using RescueKit.Agent.Interop;
using RescueKit.Agent.Tools;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>
/// A served volume as one of the kernel's own NBD disks (linux/nbd.h; drivers/block/nbd.c). The kernel keeps it for as long as a thread of this
/// process stands in NBD_DO_IT: when the process ends, however it does, every read fails from then on, and what is mounted can be unmounted.
/// </summary>
internal sealed class NbdDevice : IVolumeView
{
    private const string Module = "nbd";
    private const nuint SetSocket = 0xab00;
    private const nuint SetBlockSize = 0xab01;
    private const nuint DoIt = 0xab03;
    private const nuint SetSizeBlocks = 0xab07;
    private const nuint Disconnect = 0xab08;
    private const nuint SetTimeout = 0xab09;
    private const nuint SetFlags = 0xab0a;
    private const nint ReadOnlyFlags = 0b11; // NBD_FLAG_HAS_FLAGS | NBD_FLAG_READ_ONLY
    private const nint WritableFlags = 0b101; // NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH

    private const int Sector = 512;

    /// <summary>After so many seconds without an answer a read fails, and with it every later one: a damaged disk below the image may take long, but nobody hangs for good.</summary>
    private const nint AnswerSeconds = 300;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly Socket _connection;
    private readonly SafeFileHandle _device;
    private readonly bool _isWritable;
    private readonly Thread _thread;
    private readonly TaskCompletionSource<string?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="device">With the socket set, and no sectors yet.</param>
    private NbdDevice(string path, SafeFileHandle device, bool isWritable, Socket connection, long length)
    {
        (Path, _device, _isWritable, _connection) = (path, device, isWritable, connection);
        _thread = new Thread(Stand) { IsBackground = true, Name = Module };
        _thread.Start();
        try
        {
            Await(length);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }
    public bool IsDevice => true;

    /// <summary>
    /// Whether the kernel has NBD disks, or gets them now, and looks for no partition tables on them: the disk is a volume, in which something that looks
    /// like a table means nothing.
    /// </summary>
    public static bool IsUsable(IToolRunner tools)
    {
        const string parameter = $"/sys/module/{Module}/parameters/max_part";
        if (!File.Exists(parameter) && tools.Has("modprobe")) tools.Run(new ToolCall("modprobe", "--quiet", Module, "max_part=0"));
        return File.Exists(parameter) && File.ReadAllText(parameter).Trim() == "0" && File.Exists($"/dev/{Module}0");
    }

    /// <param name="server">The socket that it listens on.</param>
    /// <param name="isWritable">Whether the kernel may write to it.</param>
    /// <exception cref="DeviceException">No NBD disk is free, or the kernel refuses.</exception>
    public static NbdDevice Open(string server, bool isWritable)
    {
        var (connection, length) = NbdClient.Connect(server);
        try
        {
            foreach (var name in Names())
            {
                if (Take(name, isWritable, connection, length) is { } device) return new NbdDevice(name, device, isWritable, connection, length);
            }
            throw new DeviceException("all NBD disks of this system are in use", "unmount an image that is not needed any more, or disconnect one: nbd-client -d /dev/nbd0");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <exception cref="DeviceException">Not all that was written to it could be handed on.</exception>
    public void Dispose()
    {
        var isWritten = !_isWritable || Flush();
        _ = LibC.Control(_device, Disconnect, 0);
        // The server hangs up when it is told so; where it does not any more, the end of the connection is as good.
        if (!_thread.Join(s_limit)) _connection.Shutdown(SocketShutdown.Both);
        _thread.Join(s_limit);
        _device.Dispose();
        _connection.Dispose();
        if (!isWritten) throw new DeviceException($"what was written to {Path} could not all be kept");
    }

    /// <summary>The kernel keeps what tools wrote until the last who has the disk open closes it, and that is this process.</summary>
    private bool Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(_device);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Names() =>
        Enumerable.Range(0, 1024).TakeWhile(number => Directory.Exists($"/sys/block/{Module}{number}")).Select(number => $"/dev/{Module}{number}");

    /// <summary>Null where another one has it: the kernel lets the sockets be set by one thread only, until the last one who has it open closes it.</summary>
    private static SafeFileHandle? Take(string path, bool isWritable, Socket connection, long length)
    {
        if (File.Exists(Pid(path))) return null;
        using var exclusive = LibC.OpenDevice(path, isExclusive: true);
        if (exclusive is null || LibC.Control(exclusive, SetSocket, connection.Handle) < 0) return LibC.LastError == LibC.Busy ? null : throw Refused(path);
        // What is to be mounted must not be held exclusively; the other descriptor goes only when this one is there.
        var device = LibC.OpenDevice(path, isExclusive: false) ?? throw Refused(path);
        if (LibC.Control(device, SetBlockSize, Sector) < 0 || LibC.Control(device, SetSizeBlocks, (nint)(length / Sector)) < 0
            || LibC.Control(device, SetTimeout, AnswerSeconds) < 0 || LibC.Control(device, SetFlags, isWritable ? WritableFlags : ReadOnlyFlags) < 0)
        {
            var refused = Refused(path);
            device.Dispose();
            throw refused;
        }
        return device;
    }

    /// <summary>No signal may end it: the kernel takes one as the order to let go of the disk. So it does when the process is stopped (SIGSTOP), which nothing can block.</summary>
    private void Stand()
    {
        LibC.BlockSignals();
        _ended.SetResult(LibC.Control(_device, DoIt, 0) < 0 ? LibC.LastReason : null);
    }

    /// <summary>Until the disk has its sectors.</summary>
    private void Await(long length)
    {
        var start = Stopwatch.GetTimestamp();
        while (!File.Exists(Pid(Path)) || File.ReadAllText($"{Folder(Path)}/size").Trim() != $"{length / Sector}")
        {
            if (_ended.Task.IsCompleted) throw new DeviceException($"{Path} cannot be set up: {_ended.Task.Result ?? "the connection ended"}");
            if (Stopwatch.GetElapsedTime(start) > s_limit) throw new DeviceException($"{Path} does not come up");
            Thread.Sleep(10);
        }
    }

    private static DeviceException Refused(string path) => new($"{path} cannot be set up: {LibC.LastReason}");

    private static string Folder(string path) => $"/sys/block/{System.IO.Path.GetFileName(path)}";

    private static string Pid(string path) => $"{Folder(path)}/pid";
}
