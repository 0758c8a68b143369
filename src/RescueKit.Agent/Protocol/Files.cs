namespace RescueKit.Agent.Protocol;

/// <summary>A partition of an image whose files can be looked at.</summary>
/// <param name="Id">Names it until it is closed.</param>
/// <param name="Image">Its first part.</param>
public sealed record OpenedFiles(string Id, string Image, int Partition, string FileSystem, string? Label);

/// <summary>Files of an image; no more at once than a person looks through.</summary>
/// <param name="Folder">Where they lie, in the image, links followed: "/etc".</param>
/// <param name="Entries">By name.</param>
/// <param name="More">There are others: of a folder, behind the last of these.</param>
public sealed record FilePage(string Folder, IReadOnlyList<FileEntry> Entries, bool More);

/// <param name="Path">In the image: "/etc/fstab".</param>
/// <param name="Kind">"file", "folder", "link", "device", "pipe", "socket"; "unreadable" where that cannot be told.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Target">Of a link; null for others.</param>
public sealed record FileEntry(string Path, string Kind, long Size, DateTimeOffset ModifiedAt, string? Target);
