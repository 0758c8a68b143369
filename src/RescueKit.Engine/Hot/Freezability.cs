using RescueKit.Disks;
using RescueKit.Model;

namespace RescueKit.Engine.Hot;

/// <summary>Whether a part of a running disk can be frozen.</summary>
public static class Freezability
{
    private static readonly Refusal s_noPartition = new("is neither a partition nor a mapping", "unmount it, and read it as it is; or name a partition or a mapping that it lies on");

    /// <summary>Null where it can be frozen.</summary>
    /// <exception cref="SnapshotException">That cannot be seen.</exception>
    public static Refusal? WhyNot(LivePartition part, ISnapshotProvider provider) =>
        part.Volume is { } volume ? provider.Refuses(volume) : part.Number > 0 ? Refusal.NoMapping : s_noPartition;

    /// <param name="otherwise">What else can be done, as a sentence.</param>
    public static SafetyException CannotBeFrozen(LivePartition part, Refusal why, string? otherwise = null)
    {
        var use = part switch
        {
            { FileSystems.Count: > 0 } => $" is mounted at {string.Join(", ", part.FileSystems.Select(system => system.MountPoint))} and",
            { IsInUse: true } => " is in use and",
            _ => "",
        };
        return new SafetyException($"{part.Name}{use} cannot be frozen: it {why.Reason}", otherwise is null ? why.Remedy : $"{why.Remedy}. {otherwise}");
    }
}
