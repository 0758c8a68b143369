namespace RescueKit.FileSystems.Xfs;

/// <summary>
/// Feature bits of XFS superblocks, with the names that mkfs.xfs and xfs_info give them. Source: Linux fs/xfs/libxfs/xfs_format.h.
/// </summary>
internal static class XfsFeatures
{
    /// <summary>Of the version number, in both versions.</summary>
    [Flags]
    public enum VersionFlags : ushort
    {
        Attributes = 0x10,
        LinkCounts = 0x20,
        Quota = 0x40,
        Alignment = 0x80,
        StripeAlignment = 0x100,
        Shared = 0x200,
        LogV2 = 0x400,
        Sectors = 0x800,
        ExtentFlag = 0x1000,
        DirectoryV2 = 0x2000,
        AsciiCaseInsensitive = 0x4000,
        MoreBits = 0x8000,
    }

    /// <summary>More of version 4.</summary>
    [Flags]
    public enum More : uint
    {
        LazyCounts = 0x2,
        AttributesV2 = 0x8,
        ProjectId32 = 0x80,
        Checksums = 0x100,
        FileType = 0x200,
    }

    [Flags]
    public enum ReadOnlyCompatible : uint
    {
        FreeInodeTree = 0x1,
        ReverseMap = 0x2,
        Reflink = 0x4,
        InodeTreeCounts = 0x8,
    }

    [Flags]
    public enum Incompatible : uint
    {
        FileType = 0x1,
        SparseInodes = 0x2,
        MetaUuid = 0x4,
        BigTime = 0x8,
        NeedsRepair = 0x10,
        LargeExtentCounts = 0x20,
    }

    private const VersionFlags KnownVersion =
        VersionFlags.Attributes | VersionFlags.LinkCounts | VersionFlags.Quota | VersionFlags.Alignment | VersionFlags.StripeAlignment | VersionFlags.LogV2 | VersionFlags.Sectors
        | VersionFlags.ExtentFlag | VersionFlags.DirectoryV2 | VersionFlags.AsciiCaseInsensitive | VersionFlags.MoreBits;

    private const More KnownMore = More.LazyCounts | More.AttributesV2 | More.ProjectId32 | More.Checksums | More.FileType;

    private const ReadOnlyCompatible KnownReadOnlyCompatible =
        ReadOnlyCompatible.FreeInodeTree | ReadOnlyCompatible.ReverseMap | ReadOnlyCompatible.Reflink | ReadOnlyCompatible.InodeTreeCounts;

    private const Incompatible KnownIncompatible =
        Incompatible.FileType | Incompatible.SparseInodes | Incompatible.MetaUuid | Incompatible.BigTime | Incompatible.LargeExtentCounts;

    private static readonly string?[] ReadOnlyCompatibleNames = ["finobt", "rmapbt", "reflink", "inobtcount"];

    private static readonly string?[] IncompatibleNames =
        ["ftype", "sparse", "meta_uuid", "bigtime", "needsrepair", "nrext64", "exchange", "parent", "metadir", "zoned", "zone_gaps"];

    /// <summary>The first feature of a version 4 superblock whose meaning for allocation is not known here, or null.</summary>
    public static string? FirstUnknown(VersionFlags version, More more) =>
        FeatureBits.First((uint)(version & ~KnownVersion) & 0xFFF0, [], "version") ?? FeatureBits.First((uint)(more & ~KnownMore), [], "version-2");

    /// <summary>The same of version 5. Compatible features do not change how anything is read or written, by definition.</summary>
    public static string? FirstUnknown(ReadOnlyCompatible readOnly, Incompatible incompatible) =>
        FeatureBits.First((uint)(incompatible & ~KnownIncompatible), IncompatibleNames, "incompatible")
        ?? FeatureBits.First((uint)(readOnly & ~KnownReadOnlyCompatible), ReadOnlyCompatibleNames, "read-only-compatible");
}
