namespace RescueKit.FileSystems.Btrfs;

/// <summary>Feature bits of btrfs superblocks, with the names that btrfs-progs gives them. Source: Linux include/uapi/linux/btrfs.h and btrfs_tree.h.</summary>
internal static class BtrfsFeatures
{
    [Flags]
    public enum Incompatible : ulong
    {
        MixedBackReferences = 0x1,
        DefaultSubvolume = 0x2,
        MixedGroups = 0x4,
        CompressLzo = 0x8,
        CompressZstd = 0x10,
        BigMetadata = 0x20,
        ExtendedInodeReferences = 0x40,
        Raid56 = 0x80,
        SkinnyMetadata = 0x100,
        NoHoles = 0x200,
        MetadataUuid = 0x400,
        Raid1C34 = 0x800,
    }

    [Flags]
    public enum ReadOnlyCompatible : ulong
    {
        FreeSpaceTree = 0x1,
        FreeSpaceTreeValid = 0x2,
        Verity = 0x4,
        BlockGroupTree = 0x8,
    }

    /// <summary>Marks of the superblock.</summary>
    [Flags]
    public enum State : ulong
    {
        Written = 0x1,
        Relocated = 0x2,
        Error = 0x4,
        Seeding = 1UL << 32,
    }

    private const Incompatible KnownIncompatible =
        Incompatible.MixedBackReferences | Incompatible.DefaultSubvolume | Incompatible.MixedGroups | Incompatible.CompressLzo | Incompatible.CompressZstd
        | Incompatible.BigMetadata | Incompatible.ExtendedInodeReferences | Incompatible.Raid56 | Incompatible.SkinnyMetadata | Incompatible.NoHoles
        | Incompatible.MetadataUuid | Incompatible.Raid1C34;

    private const ReadOnlyCompatible KnownReadOnlyCompatible =
        ReadOnlyCompatible.FreeSpaceTree | ReadOnlyCompatible.FreeSpaceTreeValid | ReadOnlyCompatible.Verity | ReadOnlyCompatible.BlockGroupTree;

    private const State KnownState = State.Written | State.Relocated | State.Error | State.Seeding;

    private static readonly string?[] IncompatibleNames =
    [
        "mixed-backref", "default-subvol", "mixed-bg", "compress-lzo", "compress-zstd", "big-metadata", "extref", "raid56", "skinny-metadata", "no-holes",
        "metadata-uuid", "raid1c34", "zoned", "extent-tree-v2", "raid-stripe-tree", null, "simple-quota", "remap-tree",
    ];

    private static readonly string?[] ReadOnlyCompatibleNames = ["free-space-tree", "free-space-tree-valid", "verity", "block-group-tree"];

    private static readonly string?[] StateNames = [.. new string?[32], "seeding", "metadump", "metadump-v2", "changing-fsid", "changing-fsid-v2", null, "changing-bg-tree", "changing-data-csum", "changing-meta-csum"];

    /// <summary>The first feature or state whose meaning for allocation is not known here, by name, or null. Compatible features have never been used.</summary>
    public static string? FirstUnknown(Incompatible incompatible, ReadOnlyCompatible readOnly, State state) =>
        FeatureBits.First((ulong)(incompatible & ~KnownIncompatible), IncompatibleNames, "incompatible")
        ?? FeatureBits.First((ulong)(readOnly & ~KnownReadOnlyCompatible), ReadOnlyCompatibleNames, "read-only-compatible")
        ?? FeatureBits.First((ulong)(state & ~KnownState), StateNames, "superblock");
}
