using RescueKit.Engine.Inspection;

namespace RescueKit.Agent.Protocol;

public enum PlaceKind { Stick, Partition, Nfs, Smb, Ssh, Folder }

/// <summary>Somewhere images lie or can be put: a folder that is mounted.</summary>
/// <param name="Id">Stable while it is attached.</param>
/// <param name="Name">As people are told of it: "this stick", "nas:/backup".</param>
/// <param name="Path">The folder.</param>
/// <param name="FileSystem">Its type; null where unknown.</param>
/// <param name="FreeBytes">Null where unknown.</param>
/// <param name="Disk">The node of the disk that is nearest below it; null for shares.</param>
/// <param name="Error">Why it cannot be used now; null where it can.</param>
public sealed record Place(
    string Id, PlaceKind Kind, string Name, string Path, string? FileSystem, long? FreeBytes, long? TotalBytes, bool ReadOnly, string? Disk, string? Error)
{
    /// <summary>All disks below it, the nearest first: with LVM, RAID or LUKS there are several, and none of them can be a target.</summary>
    public IReadOnlyList<string> Disks { get; init; } = [];

    internal Place LyingOn(IReadOnlyList<string> disks) => this with { Disk = disks.Count > 0 ? disks[0] : null, Disks = disks };
}

/// <summary>What is to be mounted as a place.</summary>
public sealed record PlaceRequest
{
    public required PlaceKind Kind { get; init; }

    /// <summary>A partition's node (/dev/sdb1), "server:/export" (NFS), "//server/share" (SMB), "user@host:folder" (SSH), or a folder.</summary>
    public required string Address { get; init; }

    /// <summary>Read-only (then the device is set read-only too, and no journal is replayed), or to write images to.</summary>
    public bool Writable { get; init; }
    public string? User { get; init; }
    public string? Password { get; init; }

    /// <summary>Further mount options, as `vers=2.1`.</summary>
    public string? Options { get; init; }
}

/// <param name="Name">Within its folder.</param>
/// <param name="IsImage">The first part of a RescueKit image.</param>
public sealed record PlaceEntry(string Name, bool IsFolder, bool IsImage, long Length, DateTimeOffset ModifiedAt);

/// <param name="Problem">Why it could not be looked into; then <paramref name="Image"/> is null.</param>
public sealed record FoundImage(string PlaceId, string Path, DateTimeOffset ModifiedAt, ImageDocument? Image, string? Problem);
