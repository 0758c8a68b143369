using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The rescue environment, entered over SSH with a key as a technician far away does; its kernel is started without a boot loader.</summary>
public sealed class MediaSession : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MediaMachine _machine;
    private readonly int _port = FreePort();

    public MediaSession(MediaImage media) : this(media, folder =>
    [
        new GuestDisk("disk", SparseFile.Create(folder.File("disk"), 512L << 20), GuestBus.Virtio) { Serial = "DISK" },
        new GuestDisk("spare", SparseFile.Create(folder.File("spare"), 512L << 20), GuestBus.Nvme) { Serial = "SPARE" },
    ])
    {
    }

    /// <param name="disks">Of the machine; their files may lie in the session's folder.</param>
    /// <param name="parameters">Of the kernel, beside those that all sessions have.</param>
    internal MediaSession(MediaImage media, Func<TempFolder, IEnumerable<GuestDisk>> disks, string parameters = "")
    {
        var key = _folder.File("key");
        Tool.Must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key);
        var publicKey = File.ReadAllText(key + ".pub").Trim();
        var kernel = Path.Combine(media.NetworkFolder, "rescuekit");
        _machine = new MediaMachine(MediaFirmware.Uefi,
        [
            "-kernel", Path.Combine(kernel, "vmlinuz"), "-initrd", Path.Combine(kernel, "initrd"),
            "-append", $"console=ttyS0 quiet rescuekit.ip=dhcp rescuekit.ssh=\"{publicKey}\" rescuekit.keyboard=de {parameters}",
            "-netdev", $"user,id=net,hostfwd=tcp:127.0.0.1:{_port}-:22", "-device", "e1000e,netdev=net",
            "-device", "qemu-xhci,id=usb-bus", "-device", "ich9-ahci,id=sata-bus", .. disks(_folder).SelectMany(Options),
        ]);
        try
        {
            _machine.WaitFor(MediaBootTests.Ready);
            while (!Run("true").Ok) Thread.Sleep(500); // ssh itself says so when the machine is gone
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What its serial line has said so far.</summary>
    public string Console => _machine.Said;

    /// <summary>Runs a shell script there as root.</summary>
    public ToolResult Run(string script) => Tool.Run(new ToolRequest("ssh",
    [
        "-i", _folder.File("key"), "-p", _port.ToString(CultureInfo.InvariantCulture), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
        "-o", "BatchMode=yes", "-o", "ConnectTimeout=60", "root@127.0.0.1", ". /etc/profile\n" + script,
    ]));

    public string Must(string script)
    {
        var result = Run(script);
        return result.Ok ? result.Output : throw new ToolFailedException($"{result.Everything}\n{_machine.Said}");
    }

    public void Dispose()
    {
        _machine.Dispose();
        _folder.Dispose();
    }

    private static IEnumerable<string> Options(GuestDisk disk) =>
        ["-object", disk.Throttle.ToJsonString(), "-blockdev", disk.Block().ToJsonString(), "-device", disk.Device().ToJsonString()];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
