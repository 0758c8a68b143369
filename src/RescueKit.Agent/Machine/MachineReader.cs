using System.Globalization;
using RescueKit.Agent.Hosting;
using RescueKit.Agent.Tools;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Agent.Machine;

/// <summary>What the kernel and the firmware tell of the machine.</summary>
internal sealed class MachineReader(SystemRoot root, IToolRunner tools, TimeProvider clock)
{
    private const string EfiFolder = "/sys/firmware/efi";

    /// <summary>An EFI variable's file: four bytes of attributes, then its value. Source: Linux, Documentation/filesystems/efivarfs.rst.</summary>
    private const string SecureBootVariable = EfiFolder + "/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    private const string PowerSupplies = "/sys/class/power_supply";
    private const string BlockDevices = "/sys/class/block";
    private const int LowBattery = 25;

    /// <summary>No machine that runs this program is older.</summary>
    private static readonly DateTimeOffset Earliest = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan LongestUse = TimeSpan.FromDays(15 * 365.25);

    public bool IsRescueEnvironment => root.Exists(MachineMarks.RescueEnvironment);

    public string HostName => root.ReadLine("/proc/sys/kernel/hostname") ?? "this machine";

    public bool IsUefi => root.Exists(EfiFolder);

    public bool? SecureBoot => root.ReadBytes(SecureBootVariable) is { Length: 5 } variable ? variable[^1] == 1 : null;

    /// <summary>The value of a parameter of the kernel command line; null where it is not there.</summary>
    public string? KernelParameter(string nameWithEquals) => (root.ReadLine("/proc/cmdline") ?? "")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .LastOrDefault(word => word.StartsWith(nameWithEquals, StringComparison.Ordinal))?[nameWithEquals.Length..];

    /// <summary>GPT disk id of the stick that the rescue environment was booted from; null where it was no stick (a CD's boot menu says zeros).</summary>
    public string? StickId => IsRescueEnvironment && Guid.TryParse(KernelParameter(MachineMarks.StickParameter), out var id) && id != Guid.Empty
        ? id.ToString()
        : null;

    /// <summary>Another one after a block device has come, gone or changed its size.</summary>
    public string DeviceMark() => string.Join(' ', root.List(BlockDevices).Where(name => !name.StartsWith("nbd", StringComparison.Ordinal)).Select(name => $"{name}={root.ReadLine($"{BlockDevices}/{name}/size")}"));

    /// <summary>Sentences about what may go wrong here.</summary>
    public IReadOnlyList<string> Warnings()
    {
        var warnings = new List<string>();
        var now = clock.GetUtcNow();
        if (now < Earliest || now > Earliest + LongestUse)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The clock says {now:yyyy-MM-dd HH:mm} UTC, which cannot be: images and receipts will bear that time."));
        warnings.AddRange(Batteries());
        if (MissingFirmware() is { Count: > 0 } missing)
            warnings.Add($"Devices lack their firmware and may not work: {string.Join(", ", missing)}. A stick built with --firmware DIR has it.");
        return warnings;
    }

    /// <summary>Batteries of the machine itself: a mouse's has scope "Device" (Linux, Documentation/ABI/testing/sysfs-class-power).</summary>
    private IEnumerable<string> Batteries()
    {
        foreach (var supply in root.List(PowerSupplies).Select(name => $"{PowerSupplies}/{name}"))
        {
            if (root.ReadLine($"{supply}/type") != "Battery" || root.ReadLine($"{supply}/scope") == "Device") continue;
            if (root.ReadLine($"{supply}/status") != "Discharging") continue;
            if (int.TryParse(root.ReadLine($"{supply}/capacity"), CultureInfo.InvariantCulture, out var percent) && percent < LowBattery)
                yield return $"The battery is at {percent} % and is not being charged: plug the machine in before a long run.";
        }
    }

    private IReadOnlyList<string> MissingFirmware()
    {
        try
        {
            return tools.Has("dmesg") ? FirmwareLog.MissingFiles(tools.Run(new ToolCall("dmesg") { Limit = TimeSpan.FromSeconds(10) }).Output) : [];
        }
        catch (DeviceException)
        {
            return []; // nobody is kept from the home screen by a log that cannot be read
        }
    }
}
