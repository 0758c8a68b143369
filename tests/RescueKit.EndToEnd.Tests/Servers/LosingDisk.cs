using System.Diagnostics;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Servers;

/// <summary>A disk with a write-back cache that a power cut loses: what the machine has not had flushed is not in the file. Killing QEMU alone loses nothing.</summary>
internal sealed class LosingDisk : IDisposable
{
    private readonly Process _server;

    /// <param name="file">A raw disk file.</param>
    /// <param name="socket">Where its server listens.</param>
    public LosingDisk(string file, string socket)
    {
        File.Delete(socket);
        Address = "nbd:unix:" + socket;
        var start = new ProcessStartInfo(Tool.Find("nbdkit"));
        foreach (var argument in (string[])["--foreground", "--exit-with-parent", "--unix", socket, "--filter=cache", "file", file, "cache=writeback"]) start.ArgumentList.Add(argument);
        _server = Process.Start(start)!;
        while (!File.Exists(socket))
        {
            if (_server.HasExited) throw new ToolFailedException($"nbdkit ended with {_server.ExitCode}");
            Thread.Sleep(20);
        }
    }

    /// <summary>As QEMU takes it for a disk's file.</summary>
    public string Address { get; }

    /// <summary>Cuts the power.</summary>
    public void Dispose()
    {
        _server.Kill(entireProcessTree: true);
        _server.WaitForExit();
        _server.Dispose();
    }
}
