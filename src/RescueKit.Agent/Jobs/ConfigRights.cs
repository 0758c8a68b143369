using Microsoft.Win32.SafeHandles;
using RescueKit.Agent.Interop;
using RescueKit.Disks;

namespace RescueKit.Agent.Jobs;

/// <summary>Whoever may write the configuration may have the agent, which is root as a rule, run any program.</summary>
internal static class ConfigRights
{
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>The file belongs to root, or to the agent's user, and so does the folder that it is in: whoever has that may put another file in its place.</summary>
    /// <param name="file">Is what was read.</param>
    /// <param name="user">The agent's. What those of its group may do is looked at for root alone: users share their folders as they like.</param>
    public static IEnumerable<ConfigProblem> Look(string path, SafeFileHandle file, uint user)
    {
        var whole = Path.GetFullPath(path);
        var folders = ((string[])[whole, DiskInventory.RealPath(whole)]).Select(name => Path.GetDirectoryName(name)!).Distinct();
        return [.. Look("it", whole, LibC.OwnerAndMode(file), user), .. folders.SelectMany(folder => Look($"its folder {folder}", folder, LibC.OwnerAndMode(folder), user))];
    }

    private static IEnumerable<ConfigProblem> Look(string what, string path, (uint Owner, UnixFileMode Mode)? status, uint user)
    {
        var (agent, run) = (user == 0 ? "root" : $"{user}", user == 0 ? "have root run any program" : "have the agent run any program");
        if (status is not { } known) yield return new ConfigProblem(null, $"who may write {what} cannot be told, and whoever may can {run}: keep it on a file system of Linux");
        else if (known.Owner != 0 && known.Owner != user) yield return new ConfigProblem(null, $"{what} belongs to user {known.Owner}, who may so {run}: look into it, then chown {agent} {path}");
        else if (user == 0 && (known.Mode & OthersWrite) != 0) yield return new ConfigProblem(null, $"others than root may write {what}, and so {run}: chmod go-w {path}");
    }
}
