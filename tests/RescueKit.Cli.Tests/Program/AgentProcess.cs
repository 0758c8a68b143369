using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>An agent with a configuration, in a process of its own; may be ended and started again.</summary>
internal sealed class AgentProcess(TempFolder folder) : IDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;

    public string Socket => folder.File("run/host.sock");
    public string Config => folder.File("agent.json");
    public string State => folder.File("state/agent/state.json");
    public Dictionary<string, string> Environment { get; } = new()
    {
        ["RUNTIME_DIRECTORY"] = folder.File("run"),
        ["STATE_DIRECTORY"] = folder.File("state"),
        ["TZ"] = "UTC",
    };

    public IReadOnlyList<string> Log => [.. _log];

    /// <summary>With jobs as JSON objects.</summary>
    public void Configure(params string[] jobs)
    {
        File.WriteAllText(Config, $$"""{"jobs": [{{string.Join(", ", jobs)}}]}""");
        Tool.Must("chmod", "600", Config); // whatever umask the tests run with
    }

    /// <summary>Returns when it serves.</summary>
    public void Start()
    {
        var start = new ProcessStartInfo(Rescuekit.Path, ["agent", "run", "--socket", Socket, "--config", Config]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        var process = _process = Process.Start(start)!;
        var served = new TaskCompletionSource();
        var before = _log.Count;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null) served.TrySetException(new InvalidOperationException($"the agent has ended:\n{string.Join('\n', _log)}"));
            else _log.Enqueue(line.Data);
            if (line.Data?.Contains("hosts runs at", StringComparison.Ordinal) == true) served.TrySetResult();
        };
        process.BeginOutputReadLine();
        Assert.True(served.Task.Wait(Limit));
    }

    public void Signal(string signal) => Tool.Must("kill", $"-{signal}", $"{_process!.Id}");

    /// <returns>The exit code.</returns>
    public int WaitForExit()
    {
        Assert.True(_process!.WaitForExit(Limit));
        _process.WaitForExit();
        return _process.ExitCode;
    }

    public int Stop()
    {
        Signal("TERM");
        return WaitForExit();
    }

    public ToolResult Ask(params string[] words) => Rescuekit.Run(["agent", .. words, "--socket", Socket]);

    public JsonElement Job(string name)
    {
        var status = Ask("status", "--json");
        return JsonDocument.Parse(status.Output).RootElement.GetProperty("jobs").EnumerateArray().Single(job => job.GetProperty("name").GetString() == name);
    }

    public static void Until(Func<bool> seen, Func<string> otherwise)
    {
        for (var since = TimeProvider.System.GetTimestamp(); !seen();)
        {
            if (TimeProvider.System.GetElapsedTime(since) > Limit) Assert.Fail(otherwise());
            Thread.Sleep(50);
        }
    }

    /// <summary>Waits for the end of a run of a job.</summary>
    /// <returns>The run.</returns>
    public JsonElement Ended(string job, int number)
    {
        JsonElement last = default;
        Until(() => (last = Job(job).GetProperty("last")).ValueKind == JsonValueKind.Object && last.GetProperty("number").GetInt32() >= number, () => string.Join('\n', _log));
        return last;
    }

    public void Dispose()
    {
        if (_process is { HasExited: false }) _process.Kill();
        _process?.Dispose();
    }
}
