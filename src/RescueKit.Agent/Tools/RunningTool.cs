using System.Diagnostics;

namespace RescueKit.Agent.Tools;

/// <summary>A tool that is fed and read from while it runs.</summary>
public sealed class RunningTool : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenRegistration _cancelled;

    internal RunningTool(Process process, CancellationToken cancel)
    {
        (_process, _cancel) = (process, cancel);
        _error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        _cancelled = cancel.Register(Kill);
    }

    /// <summary>Writing throws an IOException once the tool has ended, or does not read any more.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Closes its input and waits for it; the outcome has what of its output nobody has read.</summary>
    /// <exception cref="OperationCanceledException">It was ended because the call was cancelled.</exception>
    public ToolOutcome End()
    {
        CloseInput();
        var output = _process.StandardOutput.ReadToEnd();
        _process.WaitForExit();
        _cancel.ThrowIfCancellationRequested();
        return new ToolOutcome(_process.ExitCode, output, _error.GetAwaiter().GetResult());
    }

    /// <summary>Tells the tool that nothing more comes.</summary>
    public void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already; its exit code and output tell why.
        }
    }

    public void Dispose()
    {
        _cancelled.Dispose();
        Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Ends it where it still runs; its streams stay until it is disposed of.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }
}
