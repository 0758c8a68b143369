using System.Diagnostics;
using RescueKit.EndToEnd.Tests.Consoles;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Media;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Servers;

/// <summary>A running Debian server on its own disk (scripts/debian-server), with a second disk for images at /mnt, entered over SSH.</summary>
internal sealed class ServerGuest : IDisposable
{
    /// <summary>Label of the disk for images.</summary>
    public const string StoreLabel = "RK-STORE";

    /// <summary>Emulated machines on a busy host are slow.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(12);

    private readonly string[] _options;
    private readonly SshLogin _login;
    private MediaMachine? _machine;

    /// <param name="disk">QEMU's block node options of the system's disk and of the one for images: a raw file's path each, or what QEMU takes for one.</param>
    public ServerGuest(string disk, string store)
    {
        _login = new SshLogin(Path.Combine(GuestPaths.Cache, "server-key"), SshLogin.FreePort(), s_limit);
        _options =
        [
            "-netdev", $"user,id=net,hostfwd=tcp:127.0.0.1:{_login.Port}-:22", "-device", "virtio-net-pci,netdev=net",
            .. MediaMachine.Disk("disk", disk, "virtio-blk-pci", "serial=WEB-0001", "bootindex=1"), .. MediaMachine.Disk("store", store, "virtio-blk-pci", "serial=STORE-02"),
        ];
        Start();
    }

    /// <summary>What its serial line has said since the last start.</summary>
    public string Console => _machine?.Said ?? "";

    public static string MakeDisk(string file, string root)
    {
        Tool.Must(new ToolRequest(Path.Combine(GuestPaths.Repository, "scripts", "debian-server"), [root, file]) { Limit = TimeSpan.FromMinutes(40) });
        return file;
    }

    public static string MakeStore(string file)
    {
        SparseFile.Create(file, 4L << 30);
        Tool.Must("mkfs.ext4", "-q", "-F", "-L", StoreLabel, file);
        return file;
    }

    public ToolResult Run(string script) => _login.Run(script);

    /// <summary>Runs a shell script as root, which ends at its first failure; fails the test with all that it and the machine said where the exit code is another.</summary>
    public ToolResult Must(string script, int exitCode = 0)
    {
        var result = Run("set -e\n" + script);
        return result.ExitCode == exitCode ? result : throw new ToolFailedException($"{exitCode} was expected\n{result.Everything}\n{Run("dmesg | tail -n 30; journalctl -b --no-pager | tail -n 30").Output}");
    }

    /// <summary>Begins a shell script and lets it run beside others.</summary>
    public Task<ToolResult> Begin(string script) => Task.Factory.StartNew(() => Run(script), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Runs a script again and again until it ends with 0.</summary>
    public void Until(string condition)
    {
        for (var start = Stopwatch.GetTimestamp(); ; Thread.Sleep(500))
        {
            var result = Run(condition);
            if (result.Ok) return;
            if (Stopwatch.GetElapsedTime(start) > s_limit) throw new ToolFailedException($"not reached after {s_limit}: {result.Everything}\n{Console}");
        }
    }

    /// <summary>Brings the program in and the disk for images to /mnt.</summary>
    public void Equip()
    {
        MediaImage.Rescuekit("--version"); // publishes it where that is still to be done
        _login.Copy(Path.Combine(GuestPaths.Repository, "artifacts", "publish", "RescueKit.Cli", "release", "rescuekit"), "/usr/bin/rescuekit");
        MountStore();
    }

    /// <summary>As <see cref="Equip"/>, with the Debian package; the disk for images is mounted at each start.</summary>
    public void InstallPackage(string package)
    {
        _login.Copy(package, "/root/rescuekit.deb");
        Must($"echo 'LABEL={StoreLabel} /mnt ext4 nofail 0 0' >>/etc/fstab; systemctl daemon-reload; dpkg -i /root/rescuekit.deb");
        MountStore();
    }

    public void MountStore() => Must($"mountpoint -q /mnt || mount LABEL={StoreLabel} /mnt");

    /// <summary>Installs the boot hook and starts anew, so that every partition is used through a mapping.</summary>
    public void InstallHook()
    {
        Must("rescuekit agent install");
        Restart();
        MountStore();
    }

    public void Restart()
    {
        End("systemctl reboot");
        Start();
    }

    public void PowerOff() => End("systemctl poweroff");

    public void Dispose() => _machine?.Dispose();

    private void End(string command)
    {
        Run($"umount /mnt; sync; {command}");
        _machine!.WaitForEnd(); // a machine that restarts ends here
        _machine.Dispose();
        _machine = null;
    }

    private void Start()
    {
        _machine = new MediaMachine(MediaFirmware.Bios, _options);
        try
        {
            _machine.WaitFor("login:");
            Until("systemctl is-system-running --wait && [ -z \"$(systemctl --failed --no-legend)\" ]");
        }
        catch
        {
            Dispose();
            throw;
        }
    }
}
