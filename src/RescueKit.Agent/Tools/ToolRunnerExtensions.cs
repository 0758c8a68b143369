using RescueKit.Model;

namespace RescueKit.Agent.Tools;

internal static class ToolRunnerExtensions
{
    /// <returns>What it printed.</returns>
    /// <exception cref="DeviceException">It failed; the message says at what and gives the tool's own words.</exception>
    public static string Must(this IToolRunner tools, string doing, ToolCall call, string? remedy = null)
    {
        var outcome = tools.Run(call);
        return outcome.ExitCode == 0 ? outcome.Output : throw new DeviceException($"{doing} failed: {call.Program}: {outcome.Complaint}", remedy);
    }

    /// <summary>Takes away what is mounted, where something is. Who still has a file of it open keeps the file until it is closed.</summary>
    public static void Unmount(this IToolRunner tools, string point)
    {
        if (tools.Run(new ToolCall("umount", point)).ExitCode != 0) tools.Run(new ToolCall("umount", "-l", point));
    }
}
