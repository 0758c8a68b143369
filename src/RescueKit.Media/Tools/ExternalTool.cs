using System.ComponentModel;
using System.Diagnostics;
using RescueKit.Model;

namespace RescueKit.Media.Tools;

/// <summary>Runs the programs that media are made with. Locale and time zone are fixed, so that their output is.</summary>
internal static class ExternalTool
{
    private static readonly string[] s_folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <returns>What it printed on standard output.</returns>
    /// <exception cref="DeviceException">It is not installed, or ended with another exit code than 0.</exception>
    public static string Run(string program, IEnumerable<string> arguments, ToolSetting? setting = null)
    {
        var (exitCode, output, error) = Try(program, arguments, setting);
        if (exitCode == 0) return output;
        var said = (error.Trim().Length > 0 ? error : output).Trim();
        throw new DeviceException($"{Path.GetFileName(program)} failed with exit code {exitCode}: {(said.Length > 2000 ? said[^2000..] : said)}");
    }

    /// <summary>As <see cref="Run"/>, for programs whose exit code tells something.</summary>
    public static (int ExitCode, string Output, string Error) Try(string program, IEnumerable<string> arguments, ToolSetting? setting = null)
    {
        var start = new ProcessStartInfo(Find(program))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = setting?.WorkingFolder ?? Path.GetTempPath(),
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["TZ"] = "UTC";
        foreach (var (name, value) in setting?.Environment ?? []) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(setting?.Input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of its input; its exit code and output tell why.
        }
        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }

    private static string Find(string program)
    {
        if (program.Contains('/')) return program;
        return s_folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new DeviceException($"{program} is not installed", "'scripts/setup --media' installs what rescue media are made with.",
                new Win32Exception(2));
    }
}

internal sealed record ToolSetting
{
    public string? WorkingFolder { get; init; }
    public string Input { get; init; } = "";
    public Dictionary<string, string> Environment { get; init; } = [];
}
