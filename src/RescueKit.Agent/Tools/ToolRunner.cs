using System.ComponentModel;
using System.Diagnostics;
using RescueKit.Model;

namespace RescueKit.Agent.Tools;

/// <summary>Processes with argument lists. sbin folders count even where PATH leaves them out.</summary>
public sealed class ToolRunner : IToolStreams
{
    /// <summary>A program that goes on in the background (sshfs's ssh) keeps the pipes open for good: its parent's last words are not waited for long, but longer than a busy machine takes to read them.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(10);
    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    public bool Has(string program) => Find(program) is not null;

    public ToolOutcome Run(ToolCall call)
    {
        using var process = Start(call);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        Feed(process, call.Input);
        using var cancelled = call.Cancel.Register(() => process.Kill(entireProcessTree: true));
        if (!process.WaitForExit(call.Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new DeviceException($"{call.Program} did not end within {call.Limit.TotalSeconds:F0} seconds: what it talks to does not answer");
        }
        call.Cancel.ThrowIfCancellationRequested();
        Task.WaitAll([output, error], LastWords);
        return new ToolOutcome(process.ExitCode, TextOf(output), TextOf(error));
    }

    public RunningTool Open(ToolCall call) => new(Start(call), call.Cancel);

    private static Process Start(ToolCall call)
    {
        var start = new ProcessStartInfo(Find(call.Program) ?? throw Missing(call.Program))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in call.Arguments) start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["MTOOLS_SKIP_CHECK"] = "1"; // or mtools refuses volumes whose size is no multiple of a track
        foreach (var (name, value) in call.Environment) start.Environment[name] = value;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new DeviceException($"{call.Program} cannot be started: {e.Message}", inner: e);
        }
    }

    private static void Feed(Process process, ReadOnlyMemory<byte> input)
    {
        try
        {
            process.StandardInput.BaseStream.Write(input.Span);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input; its exit code and output tell why.
        }
    }

    private static string TextOf(Task<string> reading) => reading.IsCompletedSuccessfully ? reading.Result : "";

    private static string? Find(string program) =>
        Folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static DeviceException Missing(string program) => new($"the program {program} is not on this system", $"install {program}");
}
