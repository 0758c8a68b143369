using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>The real executable, as this build of the solution made it.</summary>
internal static class MatrixProgram
{
    private static readonly string Executable = Locate();

    public static string Path => Executable;

    /// <summary>Runs it to the end and returns whatever exit code came.</summary>
    public static ToolResult Run(params string[] arguments) => Tool.Run(Executable, arguments);

    /// <summary>Runs it to the end; fails the test with everything it said where the exit code is not 0.</summary>
    public static string Must(params string[] arguments) => Tool.Must(Executable, arguments).Output;

    public static JsonElement Json(params string[] arguments)
    {
        using var document = JsonDocument.Parse(Must([.. arguments, "--json"]));
        return document.RootElement.Clone();
    }

    private static string Locate()
    {
        // artifacts/bin/RescueKit.EndToEnd.Tests/release/ -> artifacts/bin/RescueKit.Cli/release/rescuekit
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var path = System.IO.Path.Combine(own.Parent!.Parent!.FullName, "RescueKit.Cli", own.Name, "rescuekit");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: build the whole solution first");
    }
}
