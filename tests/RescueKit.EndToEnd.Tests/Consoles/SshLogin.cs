using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Consoles;

/// <summary>Root on a machine whose SSH server a port of this machine's loopback leads to.</summary>
/// <param name="key">The private key's file.</param>
/// <param name="limit">Of each command: emulated machines on a busy host are slow.</param>
internal sealed class SshLogin(string key, int port, TimeSpan limit)
{
    public int Port => port;

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Runs a shell script there.</summary>
    public ToolResult Run(string script)
    {
        for (var start = Stopwatch.GetTimestamp(); ; Thread.Sleep(1000))
        {
            var result = Tool.Run(new ToolRequest("ssh", [.. Options, "-p", port.ToString(CultureInfo.InvariantCulture), "root@127.0.0.1", ". /etc/profile\n" + script]) { Limit = limit });
            // The server lets only a few log in at the same moment (dropbear, MAX_UNAUTH_PER_IP); this one has not begun.
            if (!result.Error.StartsWith("kex_exchange_identification", StringComparison.Ordinal) || Stopwatch.GetElapsedTime(start) > limit) return result;
        }
    }

    public void Copy(string file, string to) =>
        Tool.Must(new ToolRequest("scp", ["-q", .. Options, "-P", port.ToString(CultureInfo.InvariantCulture), file, $"root@127.0.0.1:{to}"]) { Limit = limit });

    private string[] Options => ["-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=60"];
}
