using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>An emulated PC of which the test sees what a person sees: its serial line. It ends with the test, whatever happens.</summary>
internal sealed class MediaMachine : IDisposable
{
    /// <summary>From power-on to the first screen takes a minute on an idle machine; others may be busy on it.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    private readonly TempFolder _folder = new();
    private readonly StringBuilder _said = new();
    private readonly Process _process;

    /// <param name="options">Of QEMU, beside those that all machines have.</param>
    public MediaMachine(MediaFirmware firmware, params IEnumerable<string> options) : this(firmware, null, options)
    {
    }

    /// <param name="variables">What its UEFI remembers, a file that is left as it is; null where it has never been switched on.</param>
    public MediaMachine(MediaFirmware firmware, string? variables, IEnumerable<string> options)
    {
        if (variables is not null) File.Copy(variables, _folder.File("variables"));
        var start = new ProcessStartInfo(Tool.Find("qemu-system-x86_64")) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in Options(firmware, _folder, options)) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _ = Collect(_process.StandardOutput);
        _ = Collect(_process.StandardError);
    }

    /// <summary>QEMU's options for a machine whose serial line is standard input and output.</summary>
    /// <param name="folder">Where its variables (as never switched on, where there are none) and its monitor's socket are.</param>
    public static IEnumerable<string> Options(MediaFirmware firmware, TempFolder folder, IEnumerable<string> others) =>
    [
        "-nodefaults", "-no-user-config", "-accel", "tcg,thread=multi", "-smp", GuestProcessors.Count(others.Any(option => option.Contains("nvme", StringComparison.Ordinal))), "-cpu", "max", "-m", "1024",
        "-display", "none", "-vga", "std", "-no-reboot", "-serial", "stdio", "-device", "qemu-xhci,id=usb",
        "-qmp", $"unix:{folder.File("monitor")},server=on,wait=off", .. Firmware(firmware, folder), .. others,
    ];

    /// <summary>Options for a stick and a CD in the machine.</summary>
    public static IEnumerable<string> Stick(string file, bool isWritable = false) =>
        ["-drive", $"if=none,id=stick,format=raw,file={file},readonly={(isWritable ? "off" : "on")}", "-device", "usb-storage,drive=stick,bus=usb.0,bootindex=1"];

    public static IEnumerable<string> Cd(string file) =>
        ["-drive", $"if=none,id=cd,media=cdrom,format=raw,file={file}", "-device", "ide-cd,drive=cd,bus=ide.0,bootindex=1"];

    /// <summary>Options for a disk over a raw file.</summary>
    /// <param name="device">QEMU's name of what presents it, with its bus.</param>
    /// <param name="properties">Of the device.</param>
    public static IEnumerable<string> Disk(string id, string file, string device, params string[] properties) =>
        ["-drive", $"if=none,id={id},format=raw,file={file}", "-device", string.Join(',', [device, $"drive={id}", .. properties])];

    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Presses keys of the machine's own keyboard together; QEMU's names (qapi/ui.json, QKeyCode).</summary>
    public void Press(params IEnumerable<string> keys)
    {
        using var monitor = OpenMonitor();
        monitor.Do("send-key", new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => new JsonObject { ["type"] = "qcode", ["data"] = key })]) });
    }

    /// <summary>QEMU's monitor, which talks to one at a time.</summary>
    public GuestMonitor OpenMonitor()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(_folder.File("monitor")));
        return new GuestMonitor(socket);
    }

    /// <summary>Waits until the machine has printed something; fails with all that it printed where it does not.</summary>
    public void WaitFor(string text)
    {
        var start = Stopwatch.GetTimestamp();
        while (!Said.Contains(text, StringComparison.Ordinal))
        {
            if (_process.HasExited && !Said.Contains(text, StringComparison.Ordinal)) throw new ToolFailedException($"the machine ended before it said '{text}':\n{Said}");
            if (Stopwatch.GetElapsedTime(start) > s_limit) throw new ToolFailedException($"the machine did not say '{text}' within {s_limit}:\n{Said}");
            Thread.Sleep(100);
        }
    }

    /// <summary>Waits until the machine is off.</summary>
    public void WaitForEnd()
    {
        if (!_process.WaitForExit(s_limit)) throw new ToolFailedException($"the machine was not off within {s_limit}:\n{Said}");
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task Collect(StreamReader stream)
    {
        var buffer = new char[4096];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_said) _said.Append(buffer, 0, count);
        }
    }

    private static string[] Firmware(MediaFirmware firmware, TempFolder folder)
    {
        if (firmware == MediaFirmware.Bios) return ["-machine", "q35"];
        var isSecure = firmware == MediaFirmware.SecureBoot;
        var variables = folder.File("variables");
        if (!File.Exists(variables)) File.Copy(isSecure ? "/usr/share/OVMF/OVMF_VARS_4M.ms.fd" : "/usr/share/OVMF/OVMF_VARS_4M.fd", variables);
        return
        [
            // Secure Boot is only as good as the protection of its variables: by System Management Mode.
            "-machine", isSecure ? "q35,smm=on" : "q35", .. isSecure ? (string[])["-global", "driver=cfi.pflash01,property=secure,value=on"] : [],
            "-drive", $"if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M{(isSecure ? ".secboot" : "")}.fd",
            "-drive", $"if=pflash,format=raw,unit=1,file={variables}",
        ];
    }
}

public enum MediaFirmware { Bios, Uefi, SecureBoot }
