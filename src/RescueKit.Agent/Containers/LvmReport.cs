using System.Text.Json;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Containers;

/// <summary>What lvm(8) tells of physical and logical volumes; it takes no locks and repairs nothing meanwhile.</summary>
internal static class LvmReport
{
    /// <param name="command">"pvs", "vgs", "lvs".</param>
    /// <param name="rows">What it calls a row: "pv", "vg", "lv".</param>
    /// <param name="fields">With commas between.</param>
    /// <param name="config">As lvm.conf(5) has it.</param>
    /// <exception cref="DeviceException">It says nothing that could be read.</exception>
    public static List<Dictionary<string, string>> Read(IToolRunner tools, string command, string rows, string fields, string config, params string[] options)
    {
        var outcome = tools.Run(new ToolCall("lvm",
            [command, "--readonly", "--reportformat", "json", "--units", "b", "--nosuffix", "--config", config, .. options, "-o", fields]));
        try
        {
            // A missing member is a failure to it, and no reason to tell nothing of the others.
            using var document = JsonDocument.Parse(outcome.Output);
            return [.. document.RootElement.GetProperty("report").EnumerateArray().SelectMany(report => report.GetProperty(rows).EnumerateArray())
                .Select(row => row.EnumerateObject().ToDictionary(field => field.Name, field => field.Value.GetString() ?? ""))];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DeviceException($"reading the LVM metadata failed: lvm: {outcome.Complaint}", inner: e);
        }
    }
}
