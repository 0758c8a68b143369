namespace RescueKit.Agent.Ids;

/// <summary>A copied disk while what is on it is told of its new ids.</summary>
/// <param name="Disk">Its node in /dev.</param>
/// <param name="Devices">The nodes in /dev of the disk and of all that lies on it.</param>
/// <param name="Links">Names below /dev, with the new ids, and which of the nodes they stand for.</param>
internal sealed record IdCopy(string Disk, IReadOnlyList<IdPlace> Places, Func<IReadOnlyList<string>> Devices, IReadOnlyList<(string Name, string Node)> Links, IdWords Words);

/// <summary>What holds a file system: a partition, or a logical volume.</summary>
/// <param name="Name">"partition 3", "logical volume vg0/root".</param>
/// <param name="Node">A block device.</param>
/// <param name="FileSystem">As <see cref="Model.VolumeContent.Type"/>.</param>
/// <param name="Uuid">The original's; null where it has none.</param>
/// <param name="Names">Ids and paths by which the original's fstab may name it.</param>
internal sealed record IdPlace(string Name, string Node, string FileSystem, string? Uuid, IReadOnlyList<string> Names)
{
    public string Title => char.ToUpperInvariant(Name[0]) + Name[1..];
}
