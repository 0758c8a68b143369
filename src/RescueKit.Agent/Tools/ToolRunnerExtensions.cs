using RescueKit.Model;

namespace RescueKit.Agent.Tools;

internal static class ToolRunnerExtensions
{
    /// <summary>What has just let go of a device (a program that looked into it, a thin pool) may not be quite done.</summary>
    private const int ClosingAttempts = 10;
    private const string FuseUnmount = "fusermount3";
    private static readonly TimeSpan s_closingPause = TimeSpan.FromMilliseconds(300);

    /// <returns>What it printed.</returns>
    /// <exception cref="DeviceException">It failed; the message says at what and gives the tool's own words.</exception>
    public static string Must(this IToolRunner tools, string doing, ToolCall call, string? remedy = null)
    {
        var outcome = tools.Run(call);
        return outcome.ExitCode == 0 ? outcome.Output : throw new DeviceException($"{doing} failed: {call.Program}: {outcome.Complaint}", remedy);
    }

    /// <summary>As <see cref="Must"/>, for what closes a device: it is tried for some seconds.</summary>
    /// <exception cref="DeviceException">It is still in use.</exception>
    public static void LetGo(this IToolRunner tools, string doing, ToolCall call)
    {
        for (var attempt = 1; attempt < ClosingAttempts; attempt++)
        {
            if (tools.Run(call).ExitCode == 0) return;
            Thread.Sleep(s_closingPause);
        }
        tools.Must(doing, call, "close what uses it");
    }

    /// <summary>Takes away what is mounted, where something is. Who still has a file of it open keeps the file until it is closed.</summary>
    public static void Unmount(this IToolRunner tools, string point)
    {
        if (tools.Run(new ToolCall("umount", point)).ExitCode == 0) return;
        // What a user mounted by FUSE is his to unmount by this alone.
        if (tools.Has(FuseUnmount) && tools.Run(new ToolCall(FuseUnmount, "-u", point)).ExitCode == 0) return;
        tools.Run(new ToolCall("umount", "-l", point));
    }
}
