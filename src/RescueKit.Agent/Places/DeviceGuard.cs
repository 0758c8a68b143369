using RescueKit.Agent.Tools;

namespace RescueKit.Agent.Places;

/// <summary>
/// Sets a partition's device read-only below its file system, or writable again: a driver that would replay a journal in spite of its
/// options cannot. Source: blockdev(8).
/// </summary>
internal sealed class DeviceGuard(IToolRunner tools)
{
    /// <returns>What gives the device back as it was; null where it was so already.</returns>
    public Action? Set(string device, bool readOnly)
    {
        if (IsReadOnly(device) == readOnly) return null;
        Switch(device, readOnly);
        return () => Switch(device, !readOnly);
    }

    private bool IsReadOnly(string device) => tools.Must($"asking whether {device} is read-only", new ToolCall("blockdev", "--getro", device)).Trim() == "1";

    private void Switch(string device, bool readOnly) =>
        tools.Must($"setting {device} {(readOnly ? "read-only" : "writable")}", new ToolCall("blockdev", readOnly ? "--setro" : "--setrw", device));
}
