namespace RescueKit.Agent.Protocol;

public enum ContainerKind { Raid, Lvm, Luks }

/// <summary>What has to be opened before the file systems in it can be seen: an md array, an LVM volume group, a LUKS encryption. They nest.</summary>
public sealed record Container
{
    /// <summary>UUID of the array or volume group; of LUKS too, with its node where two have the same one.</summary>
    public required string Id { get; init; }
    public required ContainerKind Kind { get; init; }

    /// <summary>As its maker named it; a level, a UUID or a node where it has no name.</summary>
    public required string Name { get; init; }

    /// <summary>Nodes of the devices that it lies on, as far as they are there.</summary>
    public required IReadOnlyList<string> Members { get; init; }

    /// <summary>By whomever: the kernel has its volumes, or some of them.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Opened by this host, read-only; such a one can be closed here.</summary>
    public bool IsOurs { get; init; }

    /// <summary>False where it would not open, or not without writing to its members; <see cref="Problem"/> says why.</summary>
    public bool CanOpen { get; init; } = true;

    /// <summary>What is wrong with it: a missing member, two copies of one; null where nothing is.</summary>
    public string? Problem { get; init; }

    /// <summary>What it gives when it is open. A volume group tells before what it would give.</summary>
    public required IReadOnlyList<ContainerVolume> Volumes { get; init; }
}

/// <param name="Node">Null while it is not open.</param>
/// <param name="FileSystem">As blkid(8) names it, or LVM, RAID or LUKS for a container inside; null where unknown.</param>
/// <param name="Length">Bytes.</param>
/// <param name="MountedAt">Where it is mounted; null where it is not.</param>
/// <param name="Problem">Why it is not opened with the others; null where it is.</param>
public sealed record ContainerVolume(string Name, string? Node, string? FileSystem, string? Label, long Length, string? MountedAt, string? Problem);
