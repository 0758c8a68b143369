using System.Diagnostics;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Writers;

/// <summary>A real database server that runs as nobody, with a session of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _log;

    public ServerProcess(string program, IEnumerable<string> arguments, string log, Func<bool> isReady)
    {
        _log = log;
        var start = new ProcessStartInfo(Tool.Find("setsid")) { WorkingDirectory = "/" };
        string[] words = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh", "-c", $"exec \"$@\" >>{log} 2>&1", "sh", program, .. arguments];
        foreach (var word in words) start.ArgumentList.Add(word);
        _process = Process.Start(start)!;
        for (var waited = Stopwatch.StartNew(); !isReady(); Thread.Sleep(50))
        {
            if (!_process.HasExited && waited.Elapsed < s_patience) continue;
            Dispose();
            throw new ToolFailedException($"{program} did not start:\n{File.ReadAllText(log)}");
        }
    }

    public int Id => _process.Id;

    /// <summary>The server and its children, of which some have sessions of their own.</summary>
    public IEnumerable<string> Members => Tool.Run("ps", "-o", "pid=", "--pid", $"{Id}", "--ppid", $"{Id}").Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

    public void Signal(string name) => Tool.Run("kill", ["-s", name, .. Members]);

    /// <summary>As a power cut does.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Tool.Run("kill", ["-s", "KILL", .. Members]);
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    public override string ToString() => File.ReadAllText(_log);
}
