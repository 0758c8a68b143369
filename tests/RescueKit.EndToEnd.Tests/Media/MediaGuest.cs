using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using RescueKit.EndToEnd.Tests.Consoles;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The rescue environment with disks of the test's choice, entered over SSH; its kernel is started without a boot loader.</summary>
internal sealed class MediaGuest : IDisposable
{
    /// <summary>How a guest on QEMU's own network reaches this machine's loopback.</summary>
    public const string HostAddress = "10.0.2.2";

    /// <summary>Emulated machines on a busy host are slow.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    private readonly TempFolder _folder = new();
    private readonly MediaMachine _machine;
    private readonly SshLogin _login;
    private readonly Lazy<byte[]> _font;

    /// <param name="parameters">Of the kernel, beside those for network and SSH.</param>
    public MediaGuest(MediaImage media, IEnumerable<GuestDisk> disks, string parameters = "")
    {
        _font = new Lazy<byte[]>(() => Convert.FromBase64String(Must("base64 /usr/share/rescuekit/console.psf").Output));
        var key = _folder.File("key");
        _login = new SshLogin(key, SshLogin.FreePort(), s_limit);
        Tool.Must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key);
        var publicKey = File.ReadAllText(key + ".pub").Trim();
        var kernel = Path.Combine(media.NetworkFolder, "rescuekit");
        _machine = new MediaMachine(MediaFirmware.Uefi,
        [
            "-kernel", Path.Combine(kernel, "vmlinuz"), "-initrd", Path.Combine(kernel, "initrd"),
            "-append", $"{GuestKernelWords.Emulated} quiet rescuekit.ip=dhcp rescuekit.ssh=\"{publicKey}\" {parameters}",
            "-netdev", $"user,id=net,hostfwd=tcp:127.0.0.1:{_login.Port}-:22", "-device", "e1000e,netdev=net",
            "-device", "virtio-scsi-pci,id=scsi-bus", "-device", "ich9-ahci,id=sata-bus", "-device", "qemu-xhci,id=usb-bus", .. disks.SelectMany(Options),
        ]);
        try
        {
            _machine.WaitFor(MediaBootTests.Ready);
            Until("true");
            Monitor = _machine.OpenMonitor();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What its serial line has said so far.</summary>
    public string Console => _machine.Said;

    public GuestMonitor Monitor { get; } = null!;

    /// <summary>Runs a shell script there as root.</summary>
    public ToolResult Run(string script) => _login.Run(script);

    /// <summary>Runs a shell script; fails the test with all that it and the machine said where the exit code is another.</summary>
    public ToolResult Must(string script, int exitCode = 0) => Expect(Run(script), exitCode);

    private ToolResult Expect(ToolResult result, int exitCode) =>
        result.ExitCode == exitCode ? result : throw new ToolFailedException($"{exitCode} was expected\n{result.Everything}\n{Logs()}");

    public JsonElement Json(string script, int exitCode = 0)
    {
        using var document = JsonDocument.Parse(Must(script, exitCode).Output);
        return document.RootElement.Clone();
    }

    /// <summary>Begins a shell script and lets it run beside others.</summary>
    public Task<ToolResult> Start(string script) => Task.Factory.StartNew(() => Run(script), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Waits for what <see cref="Start"/> began.</summary>
    public ToolResult Wait(Task<ToolResult> job, int exitCode) => Expect(job.GetAwaiter().GetResult(), exitCode);

    /// <summary>Runs a script again and again until it ends with 0.</summary>
    public void Until(string condition) => Until(() => Run(condition).Ok, condition);

    /// <param name="job">Gives up when this ends first: what is waited for can come no more.</param>
    public void Until(Func<bool> condition, string what, Task<ToolResult>? job = null)
    {
        for (var start = Stopwatch.GetTimestamp(); !condition(); Thread.Sleep(200))
        {
            if (job is { IsCompleted: true }) throw new ToolFailedException($"ended before {what}: {job.Result.Everything}\n{_machine.Said}");
            if (Stopwatch.GetElapsedTime(start) > s_limit) throw new ToolFailedException($"not reached after {s_limit}: {what}\n{_machine.Said}");
        }
    }

    /// <summary>The device node that a disk has now, found by its serial number: names follow the order in which drivers happen to be ready.</summary>
    public string Node(GuestDisk disk)
    {
        var found = Json("rescuekit disk list --json").GetProperty("disks").EnumerateArray().Where(known => known.GetProperty("serial").GetString() == disk.Serial).ToList();
        return found is [var one] ? one.GetProperty("path").GetString()! : throw new ToolFailedException($"{found.Count} disks have serial number {disk.Serial}");
    }

    /// <summary>What confirms that a disk is to be written over.</summary>
    public static string ConfirmId(GuestDisk disk) => disk.Serial![^4..];

    /// <summary>Connects a disk that was not there from the start, or was unplugged; returns when the environment has it.</summary>
    public void Plug(GuestDisk disk)
    {
        Monitor.Do("device_add", disk.Device());
        Until($"rescuekit disk list --json | grep -q '\"{disk.Serial}\"'");
    }

    /// <summary>Disconnects a disk, as pulling its cable does; returns when it is gone.</summary>
    public void Unplug(GuestDisk disk)
    {
        Monitor.Do("device_del", new JsonObject { ["id"] = disk.Id });
        Monitor.WaitUntilDeleted(disk.Id);
    }

    /// <param name="bytesPerSecond">0 for as fast as it goes.</param>
    public void Limit(GuestDisk disk, long bytesPerSecond) => Monitor.Do("qom-set", disk.LimitTo(bytesPerSecond));

    /// <summary>What the machine's screen shows, read by the console's font.</summary>
    public string Screen()
    {
        var file = _folder.File("screen");
        Monitor.Do("screendump", new JsonObject { ["filename"] = file });
        return ScreenPicture.Read(File.ReadAllBytes(file), _font.Value);
    }

    /// <summary>What a disk has got from the environment so far.</summary>
    public long WrittenBytes(GuestDisk disk)
    {
        var known = Monitor.Do("query-blockstats", []).AsArray().Where(found => ((string?)found!["qdev"])?.Contains($"/{disk.Id}/", StringComparison.Ordinal) == true).ToList();
        return known is [{ } one] ? (long)one["stats"]!["wr_bytes"]! : throw new ToolFailedException($"QEMU knows {known.Count} disks {disk.Id}");
    }

    /// <summary>What the environment keeps of what happened, for messages.</summary>
    public string Logs() => Run("tail -n 40 /run/rescuekit/log/*; dmesg | tail -n 30").Everything;

    public void Dispose()
    {
        Monitor?.Dispose();
        _machine.Dispose();
        _folder.Dispose();
    }

    private static IEnumerable<string> Options(GuestDisk disk) =>
    [
        "-object", disk.Throttle.ToJsonString(), "-blockdev", disk.Block().ToJsonString(),
        .. disk.Attached ? (string[])["-device", disk.Device().ToJsonString()] : [],
    ];
}
