using RescueKit.Agent.Containers;

namespace RescueKit.Agent.Ids;

/// <summary>A logical volume of a copy.</summary>
/// <param name="Was">The name of its group on the original.</param>
/// <param name="Group">The copy's.</param>
/// <param name="Node">As the kernel calls it: "/dev/dm-3".</param>
/// <param name="FileSystem">As <see cref="Model.VolumeContent.Type"/>.</param>
/// <param name="Uuid">Of the file system on the original.</param>
internal sealed record LogicalVolume(string Was, string Group, string Name, string Node, string FileSystem, string? Uuid)
{
    /// <summary>The paths by which the original's configuration names it.</summary>
    public IEnumerable<string> OldPaths => [LvmFinder.NodeOf(Was, Name), $"/dev/{Was}/{Name}"];

    /// <summary>Where udev has it, below /dev.</summary>
    public IEnumerable<string> Links => [$"mapper/{LvmFinder.MappingOf(Group, Name)}", $"{Group}/{Name}"];
}
