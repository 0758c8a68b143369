using System.ComponentModel;
using System.Diagnostics;

namespace RescueKit.Testing.Tools;

/// <summary>What a program printed and how it ended.</summary>
public sealed record ToolResult(string Command, int ExitCode, string Output, string Error)
{
    public bool Ok => ExitCode == 0;

    /// <summary>Both streams, for messages.</summary>
    public string Everything => $"{Command}\nexit code {ExitCode}\n{Output}\n{Error}";
}

/// <summary>Runs the real tools (mkfs, fsck, …) that serve the tests as makers and as oracles.</summary>
public static class Tool
{
    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>Runs to the end and returns whatever exit code came. Locale and time zone are fixed.</summary>
    public static ToolResult Run(string program, params string[] arguments) => Run(new ToolRequest(program, arguments));

    /// <summary>Runs to the end; fails the test with all output where the exit code is not 0.</summary>
    public static ToolResult Must(string program, params string[] arguments) => Must(new ToolRequest(program, arguments));

    public static ToolResult Must(ToolRequest request)
    {
        var result = Run(request);
        if (!request.GoodExitCodes.Contains(result.ExitCode)) throw new ToolFailedException(result.Everything);
        return result;
    }

    public static ToolResult Run(ToolRequest request)
    {
        var start = new ProcessStartInfo(Find(request.Program))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = request.WorkingFolder ?? Path.GetTempPath(),
        };
        foreach (var argument in request.Arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TZ"] = "UTC";
        foreach (var (name, value) in request.Environment) start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(request.Input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The tool ended without reading its input; its exit code and output tell why.
        }
        var command = $"{request.Program} {string.Join(' ', request.Arguments)}";
        if (!process.WaitForExit(request.Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new ToolFailedException($"{command}: still running after {request.Limit}");
        }
        process.WaitForExit();
        return new ToolResult(command, process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Where a program is; sbin folders count even where PATH leaves them out.</summary>
    public static string Find(string program)
    {
        if (program.Contains('/')) return program;
        foreach (var folder in Folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')))
        {
            var path = Path.Combine(folder, program);
            if (File.Exists(path)) return path;
        }
        throw new Win32Exception($"{program} is not installed; scripts/setup installs what the tests need");
    }
}

/// <summary>One run of a tool.</summary>
public sealed record ToolRequest(string Program, IReadOnlyList<string> Arguments)
{
    public string Input { get; init; } = "";
    public string? WorkingFolder { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<int> GoodExitCodes { get; init; } = [0];

    /// <summary>Only a guard against a tool that hangs.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);
}

public sealed class ToolFailedException(string message) : Exception(message);
