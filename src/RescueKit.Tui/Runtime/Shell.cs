using System.ComponentModel;
using System.Diagnostics;

namespace RescueKit.Tui.Runtime;

/// <summary>A shell on the terminal.</summary>
internal static class Shell
{
    /// <returns>What went wrong; null where the shell has come and gone.</returns>
    public static string? Run()
    {
        var program = Environment.GetEnvironmentVariable("SHELL") is { Length: > 0 } own && File.Exists(own) ? own : "/bin/sh";
        try
        {
            using var shell = Process.Start(new ProcessStartInfo(program) { UseShellExecute = false });
            if (shell is null) return $"{program} could not be started";
            shell.WaitForExit();
            return null;
        }
        catch (Win32Exception e)
        {
            return $"{program} could not be started: {e.Message}";
        }
    }
}
