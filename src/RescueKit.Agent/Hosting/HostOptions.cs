using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Disks.Inventory;

namespace RescueKit.Agent.Hosting;

/// <summary>What the host works with; tests replace its parts.</summary>
public sealed record HostOptions
{
    private const string RescueFolder = "/run/rescuekit";
    private const string ServiceFolder = "/var/lib/rescuekit";

    public required IRunFactory Factory { get; init; }

    /// <summary>The version of RescueKit.</summary>
    public required string Version { get; init; }

    /// <summary>Mount points and what else lives as long as the host.</summary>
    public string RuntimeFolder { get; init; } = RescueFolder;

    /// <summary>Receipts that have no better place, and what the agent has to know after it was ended.</summary>
    public string StateFolder { get; init; } = RescueFolder;

    /// <summary>Where /sys, /proc and /etc are looked up.</summary>
    public SystemRoot Root { get; init; } = new();
    public IToolRunner Tools { get; init; } = new ToolRunner();
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Takes every line of the log, and whether it tells of something that went wrong; null for nobody.</summary>
    public Action<LogLine, bool>? Log { get; init; }

    /// <summary>Folders by whether this is the rescue environment, root, or some user.</summary>
    public static HostOptions ForThisProcess(IRunFactory factory, string version)
    {
        var options = new HostOptions { Factory = factory, Version = version };
        return options.Root.Exists(MachineMarks.RescueEnvironment) ? options : options with { RuntimeFolder = RuntimeFolderOfUser(), StateFolder = StateFolderOfUser() };
    }

    /// <summary>As the agent of a running system has them; what systemd gives a service comes first (systemd.exec(5)).</summary>
    public HostOptions ForService() => this with
    {
        RuntimeFolder = Given("RUNTIME_DIRECTORY") ?? RuntimeFolder,
        StateFolder = Given("STATE_DIRECTORY") ?? (Environment.IsPrivilegedProcess ? ServiceFolder : StateFolder),
    };

    private static string? Given(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } folders ? folders.Split(':')[0] : null;

    private static string RuntimeFolderOfUser() => Environment.IsPrivilegedProcess
        ? RescueFolder
        : Path.Combine(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime ? runtime : Path.GetTempPath(), $"rescuekit-{Environment.UserName}");

    private static string StateFolderOfUser() => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state
            ? state
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/state"),
        "rescuekit");
}
