using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>
/// A virtual machine under emulation (this needs no hardware help) with a real kernel and disks that can fail and be unplugged. Scripts run
/// in it as root. It ends with the test, whatever happens; failures carry the end of its console.
/// </summary>
internal sealed class Guest : IDisposable
{
    /// <summary>Machines differ by a factor of three, and others may be busy on them.</summary>
    private static readonly TimeSpan s_boot = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_script = TimeSpan.FromMinutes(10);

    private readonly TempFolder _sockets = new();
    private readonly StringBuilder _console = new();
    private readonly Process _process;
    private readonly GuestShell _shell;

    public Guest(GuestInitramfs system, IEnumerable<GuestDisk> disks, int memoryMebibytes = 1024)
    {
        using var commands = Listen("commands");
        using var monitor = Listen("monitor");
        _process = Launch(system, [.. disks], memoryMebibytes);
        try
        {
            _shell = new GuestShell(Accept(commands));
            Monitor = new GuestMonitor(Accept(monitor));
            Await(_shell.Ready, s_boot, "booting");
        }
        catch (Exception error)
        {
            Dispose();
            throw new ToolFailedException($"no guest came up: {error.Message}\n{ConsoleTail}");
        }
    }

    public GuestMonitor Monitor { get; } = null!;

    /// <summary>The end of what the kernel printed.</summary>
    public string ConsoleTail
    {
        get
        {
            lock (_console) return _console.ToString(Math.Max(0, _console.Length - 6000), Math.Min(_console.Length, 6000));
        }
    }

    /// <summary>Runs a shell script to its end, whatever its exit code.</summary>
    public GuestResult Run(string script) => Wait(Start(script));

    /// <summary>Runs a shell script; fails the test with all that it said where the exit code is another.</summary>
    public GuestResult Must(string script, int exitCode = 0)
    {
        var result = Run(script);
        return result.ExitCode == exitCode ? result : throw new ToolFailedException($"{exitCode} was expected\n{result.Everything}\n{ConsoleTail}");
    }

    public JsonElement Json(string script)
    {
        using var document = JsonDocument.Parse(Must(script).Output);
        return document.RootElement.Clone();
    }

    /// <summary>Begins a shell script and lets it run beside others.</summary>
    public Task<GuestResult> Start(string script) => _shell.Start(script);

    public GuestResult Wait(Task<GuestResult> job)
    {
        try
        {
            return Await(job, s_script, "a script");
        }
        catch (ToolFailedException e) when (!job.IsCompleted && !_process.HasExited)
        {
            throw new ToolFailedException($"{e.Message}\n{WhatHangs()}");
        }
    }

    /// <summary>Runs a script again and again until it ends with 0.</summary>
    /// <param name="job">Gives up when this ends first: what is waited for can come no more.</param>
    public void Until(string condition, Task<GuestResult>? job = null)
    {
        var start = Stopwatch.GetTimestamp();
        while (Run(condition).ExitCode != 0)
        {
            if (job is { IsCompleted: true }) throw new ToolFailedException($"ended before '{condition}': {job.Result.Everything}\n{ConsoleTail}");
            if (Stopwatch.GetElapsedTime(start) > s_script) throw new ToolFailedException($"not reached after {s_script}: {condition}\n{ConsoleTail}");
        }
    }

    /// <summary>The device node of a disk, found by its serial number: names follow the order in which drivers happen to be ready.</summary>
    public string Path(GuestDisk disk) => Must($"disk-by-serial {disk.Serial}").Output.Trim();

    /// <summary>Connects a disk that was not there from the start, or was unplugged; returns when the guest has it.</summary>
    public void Plug(GuestDisk disk)
    {
        Monitor.Do("device_add", disk.Device());
        Until($"disk-by-serial {disk.Serial}");
    }

    /// <summary>Disconnects a disk, as pulling its cable does; returns when it is gone.</summary>
    public void Unplug(GuestDisk disk)
    {
        Monitor.Do("device_del", new JsonObject { ["id"] = disk.Id });
        Monitor.WaitUntilDeleted(disk.Id);
    }

    /// <param name="bytesPerSecond">0 for as fast as it goes.</param>
    public void Limit(GuestDisk disk, long bytesPerSecond) => Monitor.Do("qom-set", disk.LimitTo(bytesPerSecond));

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _shell?.Dispose();
        Monitor?.Dispose();
        _sockets.Dispose();
    }

    /// <summary>All processes, and the kernel's stacks of those that wait in it.</summary>
    private string WhatHangs()
    {
        var job = Start("""
            ps -o pid,ppid,stat,args | grep -v ' \['
            for process in $(pidof rescuekit lvm dmsetup mount umount); do
                for thread in /proc/$process/task/*; do echo "$thread $(cat $thread/comm $thread/wchan $thread/syscall | tr '\n' ' ')"; cat $thread/stack; done
            done
            echo w >/proc/sysrq-trigger
            dmesg | tail -n 40
            """);
        return job.Wait(TimeSpan.FromSeconds(60)) ? job.Result.Everything : "nor does it answer any more";
    }

    private Socket Listen(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_sockets.File(name)));
        socket.Listen(1);
        return socket;
    }

    private Socket Accept(Socket listener) => Await(listener.AcceptAsync(), s_boot, "connecting");

    private Process Launch(GuestInitramfs system, IReadOnlyList<GuestDisk> disks, int memory)
    {
        var start = new ProcessStartInfo(Tool.Find("qemu-system-x86_64")) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "-nodefaults", "-no-user-config", "-machine", "pc", "-accel", "tcg,thread=multi", "-smp", GuestProcessors.Count(disks.Any(disk => disk.Bus == GuestBus.Nvme)), "-cpu", "max", "-m", $"{memory}",
            "-display", "none", "-no-reboot", "-serial", "stdio",
            "-kernel", system.Kernel.Image, "-initrd", system.Archive, "-append", $"{GuestKernelWords.Emulated} loglevel=5 panic=-1",
            "-chardev", $"socket,id=commands,path={_sockets.File("commands")}",
            "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=commands",
            "-qmp", $"unix:{_sockets.File("monitor")}",
            "-device", "virtio-scsi-pci,id=scsi-bus", "-device", "ahci,id=sata-bus", "-device", "qemu-xhci,id=usb-bus",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var disk in disks)
        {
            Add("-object", disk.Throttle);
            Add("-blockdev", disk.Block());
            if (disk.Attached) Add("-device", disk.Device());
        }
        var process = Process.Start(start)!;
        process.OutputDataReceived += Collect;
        process.ErrorDataReceived += Collect;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Add(string option, JsonObject value)
        {
            start.ArgumentList.Add(option);
            start.ArgumentList.Add(value.ToJsonString());
        }

        void Collect(object sender, DataReceivedEventArgs line)
        {
            lock (_console) _console.Append(line.Data).Append('\n');
        }
    }

    private T Await<T>(Task<T> task, TimeSpan limit, string what)
    {
        Await((Task)task, limit, what);
        return task.Result;
    }

    /// <summary>Ends early when QEMU does.</summary>
    private void Await(Task task, TimeSpan limit, string what)
    {
        var start = Stopwatch.GetTimestamp();
        while (!Task.WaitAny([task], 200).Equals(0))
        {
            if (_process.HasExited) throw new ToolFailedException($"QEMU ended with exit code {_process.ExitCode} while {what}\n{ConsoleTail}");
            if (Stopwatch.GetElapsedTime(start) > limit) throw new ToolFailedException($"{what} took longer than {limit}\n{ConsoleTail}");
        }
        if (task.Exception is { } error) throw new ToolFailedException($"{what}: {error.InnerException!.Message}\n{ConsoleTail}");
    }
}
