using System.ComponentModel;
using System.Diagnostics;
using RescueKit.Model;

namespace RescueKit.Snapshots.Freezing;

/// <summary>How this program is started once more, as a helper.</summary>
/// <param name="Program">Path of the executable.</param>
/// <param name="Arguments">In front of the helper's role.</param>
public sealed record HelperProgram(string Program, params IReadOnlyList<string> Arguments)
{
    internal IHelper Start(string role, string script, TimeSpan patience) => new HelperProcess(this, role, script, patience);
}

internal sealed class HelperProcess : IHelper
{
    /// <summary>A process that hangs in the kernel dies only when its call returns: it is not waited for.</summary>
    private static readonly TimeSpan s_death = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly StreamWriter _input;
    private Task<string?>? _line;

    public HelperProcess(HelperProgram program, string role, string script, TimeSpan patience)
    {
        var start = new ProcessStartInfo(program.Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in program.Arguments.Append(role)) start.ArgumentList.Add(argument);
        // Small and steady: all of it is locked into memory, and nothing may be compiled anew while file systems are frozen.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = "0x4000000";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        try
        {
            _process = Process.Start(start) ?? throw new SnapshotException($"{program.Program} could not be started as {role}");
        }
        catch (Win32Exception e)
        {
            throw new SnapshotException($"{program.Program} could not be started as {role}: {e.Message}", null, e);
        }
        _input = _process.StandardInput;
        try
        {
            Say(script);
            if (Hear(patience) is var answer && answer != SnapshotHelper.Ready) throw new SnapshotException(answer ?? $"the {role} did not become ready within {patience.TotalSeconds:0} s");
        }
        catch
        {
            Kill();
            Dispose();
            throw;
        }
    }

    public void Say(string line)
    {
        try
        {
            _input.Write(line + "\n");
            _input.Flush();
        }
        catch (IOException)
        {
            // It is gone: that is seen when its answer is waited for.
        }
    }

    public string? Hear(TimeSpan patience)
    {
        _line ??= _process.StandardOutput.ReadLineAsync();
        try
        {
            if (!_line.Wait(patience)) return null;
            var said = _line.Result;
            _line = null;
            return said;
        }
        catch (AggregateException)
        {
            return null;
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill();
            _process.WaitForExit(s_death);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Its standard input ends, by which one that still waits for a word knows that none comes: a process object alone would leave it open.</summary>
    public void Dispose()
    {
        try
        {
            _input.Dispose();
        }
        catch (IOException)
        {
            // It is gone, and what was still to be said to it with it.
        }
        _process.Dispose();
    }
}
