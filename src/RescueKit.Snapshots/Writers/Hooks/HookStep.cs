using RescueKit.Snapshots.Writers.Processes;

namespace RescueKit.Snapshots.Writers.Hooks;

/// <summary>One call of a hook.</summary>
internal sealed class HookStep : IDisposable
{
    /// <summary>What it left behind may keep its output open for ever.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromMilliseconds(200);

    private readonly string _name;
    private readonly ChildProcess _process;
    private readonly BoundedText _said;
    private readonly Thread _listener;

    /// <exception cref="WriterException">It cannot be started.</exception>
    public HookStep(string name, ChildCommand command, BoundedText said)
    {
        (_name, _said) = (name, said);
        _process = new ChildProcess(command);
        _process.EndInput();
        // Reads on after the end of the step: what a hook started may not be stopped by a full pipe.
        _listener = new Thread(Listen) { IsBackground = true, Name = "hook's output" };
        _listener.Start();
    }

    /// <exception cref="WriterException">It took too long, and was ended with all that it had started; or it failed.</exception>
    public void Run(TimeSpan deadline)
    {
        if (!_process.WaitForExit(deadline))
        {
            _process.End();
            throw new WriterException(FormattableString.Invariant($"did not end its {_name} within {deadline.TotalSeconds:0.#} s"));
        }
        _listener.Join(s_lastWords);
        if (_process.ExitCode == 0) return;
        var lines = _said.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        throw new WriterException($"failed its {_name} with exit code {_process.ExitCode}{(lines.Length > 0 ? $": {lines[^1]}" : "")}");
    }

    public void EndAtOnce() => _process.EndAtOnce();

    public void Dispose() => _process.Dispose();

    private void Listen()
    {
        try
        {
            var output = _process.Output;
            var buffer = new byte[16 << 10];
            while (output.Read(buffer) is > 0 and var count) _said.Add(buffer.AsSpan(0, count));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}
