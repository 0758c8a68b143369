using System.ComponentModel;
using System.Diagnostics;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Writers.Processes;

/// <param name="Program">A path, or a name that is looked for in PATH.</param>
/// <param name="User">Whose rights it has; null: this process's.</param>
internal sealed record ChildCommand(string Program, IReadOnlyList<string> Arguments, Account? User = null)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// A program that runs for a writer, with a session and a process group of its own: signals of the terminal do not reach it, and what it starts
/// ends with it when its time is over. Both of its outputs come through one pipe, in order.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const int Terminate = 15, Kill = 9;

    /// <summary>Between being asked to end and being ended.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly Process _process;

    /// <exception cref="WriterException">It cannot be started.</exception>
    public ChildProcess(ChildCommand command)
    {
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        if (command.User is { } user && user.User != Accounts.EffectiveUser())
            foreach (var word in (string[])["setpriv", $"--reuid={user.User}", $"--regid={user.Group}", "--init-groups"]) start.ArgumentList.Add(word);
        foreach (var word in (string[])["sh", "-c", "exec \"$@\" 2>&1", "sh", command.Program, .. command.Arguments]) start.ArgumentList.Add(word);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["HOME"] = command.User?.Home ?? "/root";
        foreach (var (name, value) in command.Environment) start.Environment[name] = value;
        try
        {
            _process = Process.Start(start) ?? throw new WriterException($"could not start {command.Program}");
        }
        catch (Win32Exception e)
        {
            throw new WriterException($"could not start {command.Program}: {e.Message}", e);
        }
    }

    public Stream Output => _process.StandardOutput.BaseStream;
    public int ExitCode => _process.ExitCode;

    /// <summary>To its standard input. What is gone does not hear it; that is seen when its answer is waited for.</summary>
    public void Say(string text)
    {
        try
        {
            _process.StandardInput.Write(text);
            _process.StandardInput.Flush();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
        }
    }

    public void EndInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
        }
    }

    /// <returns>False where it still runs.</returns>
    public bool WaitForExit(TimeSpan patience) => _process.WaitForExit(patience);

    /// <summary>It and everything in its group: asked first, then ended.</summary>
    public void End()
    {
        Accounts.SignalGroup(_process.Id, Terminate);
        _process.WaitForExit(s_grace);
        Accounts.SignalGroup(_process.Id, Kill); // also children that ignored it
        _process.WaitForExit(s_grace);
    }

    /// <summary>Safe at any time.</summary>
    public void EndAtOnce()
    {
        try
        {
            if (!_process.HasExited) Accounts.SignalGroup(_process.Id, Kill);
        }
        catch (InvalidOperationException)
        {
            // It has been disposed of.
        }
    }

    public void Dispose() => _process.Dispose();
}
