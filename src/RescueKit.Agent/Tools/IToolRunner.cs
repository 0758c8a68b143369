namespace RescueKit.Agent.Tools;

/// <summary>Runs the system's tools (mount, ip, efibootmgr, …). Never through a shell.</summary>
public interface IToolRunner
{
    /// <summary>Runs to the end; returns whatever exit code came.</summary>
    /// <exception cref="Model.DeviceException">It is not there, or did not end within its limit.</exception>
    ToolOutcome Run(ToolCall call);

    /// <summary>True where there is such a program.</summary>
    bool Has(string program);
}

/// <summary>Also runs tools whose input and output are too much to be held: what they take and give passes by.</summary>
public interface IToolStreams : IToolRunner
{
    /// <summary>Starts it; what the call says of input and limit does not count.</summary>
    /// <exception cref="Model.DeviceException">It is not there.</exception>
    RunningTool Open(ToolCall call);
}

public sealed record ToolCall(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>What it reads on standard input.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>Besides that of this process.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>After it the program is ended.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Ends the program, and the call with an OperationCanceledException.</summary>
    public CancellationToken Cancel { get; init; }
}

public sealed record ToolOutcome(int ExitCode, string Output, string Error)
{
    /// <summary>A signal has ended it: that says nothing of what it was given.</summary>
    public bool WasCutOff => ExitCode > 125;

    /// <summary>What the tool says of a failure, in one line.</summary>
    public string Complaint
    {
        get
        {
            var text = string.Join("; ", (Error.Trim().Length > 0 ? Error : Output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            return text.Length > 0 ? text : $"exit code {ExitCode}";
        }
    }
}
