using RescueKit.Snapshots.Writers.Hooks;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>A hook made of shell lines; what it was called with is in a log of its own.</summary>
internal sealed class HookScript : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <param name="body">$1 is the step, $D the hook's folder.</param>
    public HookScript(string body)
    {
        var path = _folder.File("hook");
        File.WriteAllText(path, $"#!/bin/sh\nD={_folder.FullPath}\necho \"$1\" >>$D/calls\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Command = path;
    }

    public string Command { get; }
    public string[] Calls => File.Exists(_folder.File("calls")) ? File.ReadAllLines(_folder.File("calls")) : [];

    public string At(string name) => _folder.File(name);

    public HookWriter Writer(params string[] covers) => new("app", new HookOptions(Command, null, covers));

    public void Dispose() => _folder.Dispose();
}
