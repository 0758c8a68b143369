using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The rescue environment, entered over SSH with a key as a technician far away does; its kernel is started without a boot loader.</summary>
public sealed class MediaSession : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MediaMachine _machine;
    private readonly int _port = FreePort();

    public MediaSession(MediaImage media)
    {
        var key = _folder.File("key");
        Tool.Must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key);
        var publicKey = File.ReadAllText(key + ".pub").Trim();
        foreach (var disk in (string[])["disk", "spare"])
        {
            using var file = File.Create(_folder.File(disk));
            file.SetLength(512L << 20);
        }
        var kernel = Path.Combine(media.NetworkFolder, "rescuekit");
        _machine = new MediaMachine(MediaFirmware.Uefi,
            "-kernel", Path.Combine(kernel, "vmlinuz"), "-initrd", Path.Combine(kernel, "initrd"),
            "-append", $"console=ttyS0 quiet rescuekit.ip=dhcp rescuekit.ssh=\"{publicKey}\" rescuekit.keyboard=de",
            "-netdev", $"user,id=net,hostfwd=tcp:127.0.0.1:{_port}-:22", "-device", "e1000e,netdev=net",
            "-drive", $"if=none,id=disk,format=raw,file={_folder.File("disk")}", "-device", "virtio-blk-pci,drive=disk,serial=DISK",
            "-drive", $"if=none,id=spare,format=raw,file={_folder.File("spare")}", "-device", "nvme,drive=spare,serial=SPARE");
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
