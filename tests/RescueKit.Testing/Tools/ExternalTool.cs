using System.Diagnostics;

namespace RescueKit.Testing.Tools;

/// <summary>Runs the real tools that tests take as oracles. A missing tool is a failure, never a reason to skip.</summary>
public static class ExternalTool
{
    /// <param name="input">Fed to standard input; null for none.</param>
    public static (int ExitCode, string Output) TryRun(string tool, string? input, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo(tool) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{tool} did not start");
        var errors = process.StandardError.ReadToEndAsync();
        if (input is not null) process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    public static string Run(string tool, params ReadOnlySpan<string> arguments) => RunWithInput(tool, null, arguments);

    public static string RunWithInput(string tool, string? input, params ReadOnlySpan<string> arguments)
    {
        var line = $"{tool} {string.Join(' ', arguments!)}";
        var (exitCode, output) = TryRun(tool, input, arguments);
        return exitCode == 0 ? output : throw new InvalidOperationException($"{line} failed with {exitCode}: {output}");
    }
}
