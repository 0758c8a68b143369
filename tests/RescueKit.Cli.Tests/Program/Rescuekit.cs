using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>The built executable, as a process of its own.</summary>
internal static class Rescuekit
{
    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "rescuekit");

    public static ToolResult Run(params string[] arguments) => Tool.Run(Path, arguments);

    /// <summary>Runs it from a shell, where $R is its path.</summary>
    public static ToolResult Shell(string script) =>
        Tool.Run(new ToolRequest("/bin/bash", ["-c", script]) { Environment = new Dictionary<string, string> { ["R"] = Path } });
}
