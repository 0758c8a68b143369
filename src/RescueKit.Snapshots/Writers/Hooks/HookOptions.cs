namespace RescueKit.Snapshots.Writers.Hooks;

/// <param name="Command">Path of an executable; called with one argument: prepare, freeze, thaw or complete.</param>
/// <param name="User">Of this system; null: root.</param>
/// <param name="Covers">Where the files are that it stands for; empty: on every volume.</param>
public sealed record HookOptions(string Command, string? User, IReadOnlyList<string> Covers);
