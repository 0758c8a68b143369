using RescueKit.Snapshots.Writers.Processes;

namespace RescueKit.Snapshots.Writers.Hooks;

/// <summary>
/// A shell that waits beside a frozen application, and has it thawed where this process dies: then its input ends without the word that says
/// that there is nothing left to do. A database needs none, since its lock goes with its connection.
/// </summary>
internal sealed class ThawGuard : IDisposable
{
    private const string Done = "done";
    private readonly ChildProcess _shell;

    /// <param name="thaw">The call that thaws.</param>
    public ThawGuard(ChildCommand thaw) => _shell = new ChildProcess(Command(thaw));

    internal static ChildCommand Command(ChildCommand thaw) => thaw with
    {
        Program = "sh",
        Arguments = ["-c", $"read -r word; [ \"$word\" = {Done} ] || exec \"$@\" >/dev/null", "sh", thaw.Program, .. thaw.Arguments],
    };

    public void Dispose()
    {
        _shell.Say(Done + "\n");
        _shell.EndInput();
        if (!_shell.WaitForExit(TimeSpan.FromSeconds(1))) _shell.EndAtOnce();
        _shell.Dispose();
    }
}
