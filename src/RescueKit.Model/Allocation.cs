namespace RescueKit.Model;

/// <summary>Which bytes of a volume its file system uses; offsets are relative to the volume.</summary>
/// <remarks>
/// Asked window by window, so that no structure grows with the disk; reads the file system's own bitmaps when asked. May be called
/// from several threads at once.
/// </remarks>
public interface IAllocationMap
{
    /// <summary>Used bytes in total; computed when the map was made, and equal to the sum over all windows.</summary>
    long UsedBytes { get; }

    /// <summary>The used extents inside <paramref name="window"/>, clipped to it.</summary>
    ExtentSet UsedIn(Extent window);
}

/// <summary>What a person asked for that changes an allocation map.</summary>
/// <param name="ExcludeWindowsSwap">Leave out the contents of pagefile.sys, swapfile.sys and hiberfil.sys.</param>
public sealed record AllocationOptions(bool ExcludeWindowsSwap = false);

/// <summary>Reads one family of file systems. Registered explicitly in one place; asked in order; the first answer counts.</summary>
public interface IAllocationReader
{
    /// <summary>The family, in lower case: "ext", "ntfs", "fat", "exfat", "swap", "other".</summary>
    string Family { get; }

    /// <summary>
    /// What is on the volume, or null where it is not of this family. Never throws for what the volume holds: a structure that
    /// is damaged, unclean, or uses an unknown feature gives <see cref="VolumeContent.Map"/> null and a reason.
    /// </summary>
    /// <exception cref="BlockReadException">A structure that decides could not be read.</exception>
    VolumeContent? Read(IBlockSource volume, AllocationOptions options);
}

/// <summary>What was found on a volume, and what of it has to be imaged.</summary>
public sealed record VolumeContent
{
    /// <summary>As users know it: "ext4", "NTFS", "FAT32", "exFAT", "swap", "BitLocker", "LVM2 physical volume", "unknown".</summary>
    public required string Type { get; init; }
    public string? Label { get; init; }

    /// <summary>As blkid prints it.</summary>
    public string? Uuid { get; init; }

    /// <summary>Allocation unit in bytes (block or cluster); 0 where there is none.</summary>
    public int BlockSize { get; init; }

    /// <summary>Size that the file system itself claims, in bytes; 0 where unknown.</summary>
    public long ClaimedLength { get; init; }

    /// <summary>The trusted map, or null: everything is imaged, and <see cref="WholeReason"/> says why.</summary>
    public IAllocationMap? Map { get; init; }

    /// <summary>One line, set exactly when <see cref="Map"/> is null, for example "needs journal replay with fast commits: taken whole".</summary>
    public string? WholeReason { get; init; }

    /// <summary>
    /// The map that would apply if the user accepts the risk (--unclean used): set where the volume is dirty or hibernated and its
    /// structures could be read all the same.
    /// </summary>
    public IAllocationMap? UncleanMap { get; init; }

    /// <summary>True where it was not cleanly unmounted (journal to replay, dirty flag, hibernated), whether a map could be proven or not.</summary>
    public bool Unclean { get; init; }

    /// <summary>True where an operating system lies suspended on this volume: then every volume of the disk is taken whole.</summary>
    public bool Hibernated { get; init; }

    /// <summary>In use by the file system, left out because the user asked; not part of the map.</summary>
    public ExtentSet Excluded { get; init; } = ExtentSet.Empty;

    /// <summary>Part of the map, but imaged as zeros whatever the disk holds (the header of an excluded hiberfil.sys).</summary>
    public ExtentSet ReadAsZero { get; init; } = ExtentSet.Empty;

    /// <summary>True for a member of a set (md, firmware RAID, multi-device) onto which nothing may be restored on its own.</summary>
    public bool IsSetMember { get; init; }

    /// <summary>
    /// <see cref="Uuid"/> of every volume, itself among them, on which the same group of volumes lies (LVM); empty where it belongs to none, or its group could not be read.
    /// </summary>
    public IReadOnlyList<string> Group { get; init; } = [];

    /// <summary>True where data sits at positions counted from the end (md 1.0, LDM, ZFS labels): same size or refuse to move.</summary>
    public bool EndAnchored { get; init; }

    /// <summary>
    /// Volumes inside this one, whose own content tells more than <see cref="Map"/>, in which all of their places count as used; whoever can read it narrows the map.
    /// </summary>
    public IReadOnlyList<NestedVolume> Nested { get; init; } = [];

    /// <summary>Lines for the person, each a full sentence without "warning:".</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
