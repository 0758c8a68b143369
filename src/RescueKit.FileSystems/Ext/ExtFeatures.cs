namespace RescueKit.FileSystems.Ext;

/// <summary>
/// Feature bits of ext2/3/4 superblocks, with the names that e2fsprogs gives them. Source: Linux fs/ext4/ext4.h and e2fsprogs
/// lib/ext2fs/ext2_fs.h.
/// </summary>
internal static class ExtFeatures
{
    [Flags]
    public enum Compatible : uint
    {
        DirectoryPreallocation = 0x1,
        ImagicInodes = 0x2,
        HasJournal = 0x4,
        ExtendedAttributes = 0x8,
        ResizeInode = 0x10,
        DirectoryIndex = 0x20,
        SparseSuper2 = 0x200,
        FastCommit = 0x400,
        StableInodes = 0x800,
        OrphanFile = 0x1000,
    }

    [Flags]
    public enum Incompatible : uint
    {
        FileType = 0x2,
        NeedsRecovery = 0x4,
        JournalDevice = 0x8,
        MetaBg = 0x10,
        Extents = 0x40,
        SixtyFourBit = 0x80,
        Mmp = 0x100,
        FlexBg = 0x200,
        EaInode = 0x400,
        ChecksumSeed = 0x2000,
        LargeDirectory = 0x4000,
        InlineData = 0x8000,
        Encrypt = 0x10000,
        CaseFold = 0x20000,
    }

    [Flags]
    public enum ReadOnlyCompatible : uint
    {
        SparseSuper = 0x1,
        LargeFile = 0x2,
        BtreeDirectory = 0x4,
        HugeFile = 0x8,
        GdtChecksum = 0x10,
        DirectoryLinks = 0x20,
        ExtraInodeSize = 0x40,
        Quota = 0x100,
        BigAlloc = 0x200,
        MetadataChecksum = 0x400,
        ReadOnly = 0x1000,
        Project = 0x2000,
        Verity = 0x8000,
        OrphanPresent = 0x10000,
    }

    private const Compatible KnownCompatible =
        Compatible.DirectoryPreallocation | Compatible.ImagicInodes | Compatible.HasJournal | Compatible.ExtendedAttributes | Compatible.ResizeInode
        | Compatible.DirectoryIndex | Compatible.SparseSuper2 | Compatible.FastCommit | Compatible.StableInodes | Compatible.OrphanFile;

    private const Incompatible KnownIncompatible =
        Incompatible.FileType | Incompatible.NeedsRecovery | Incompatible.JournalDevice | Incompatible.MetaBg | Incompatible.Extents
        | Incompatible.SixtyFourBit | Incompatible.Mmp | Incompatible.FlexBg | Incompatible.EaInode | Incompatible.ChecksumSeed
        | Incompatible.LargeDirectory | Incompatible.InlineData | Incompatible.Encrypt | Incompatible.CaseFold;

    private const ReadOnlyCompatible KnownReadOnlyCompatible =
        ReadOnlyCompatible.SparseSuper | ReadOnlyCompatible.LargeFile | ReadOnlyCompatible.BtreeDirectory | ReadOnlyCompatible.HugeFile
        | ReadOnlyCompatible.GdtChecksum | ReadOnlyCompatible.DirectoryLinks | ReadOnlyCompatible.ExtraInodeSize | ReadOnlyCompatible.Quota
        | ReadOnlyCompatible.BigAlloc | ReadOnlyCompatible.MetadataChecksum | ReadOnlyCompatible.ReadOnly | ReadOnlyCompatible.Project
        | ReadOnlyCompatible.Verity | ReadOnlyCompatible.OrphanPresent;

    private static readonly string?[] CompatibleNames =
    [
        "dir_prealloc", "imagic_inodes", "has_journal", "ext_attr", "resize_inode", "dir_index", "lazy_bg", null, "snapshot_bitmap", "sparse_super2",
        "fast_commit", "stable_inodes", "orphan_file",
    ];

    private static readonly string?[] IncompatibleNames =
    [
        "compression", "filetype", "needs_recovery", "journal_dev", "meta_bg", null, "extents", "64bit", "mmp", "flex_bg", "ea_inode",
        null, "dirdata", "metadata_csum_seed", "large_dir", "inline_data", "encrypt", "casefold",
    ];

    private static readonly string?[] ReadOnlyCompatibleNames =
    [
        "sparse_super", "large_file", "btree_dir", "huge_file", "uninit_bg", "dir_nlink", "extra_isize", "has_snapshot", "quota", "bigalloc",
        "metadata_csum", "replica", "read-only", "project", "shared_blocks", "verity", "orphan_present",
    ];

    /// <summary>
    /// The first feature that this reader does not know the meaning of for allocation, by name, or null. A compatible one counts too: fast_commit
    /// is one, and changes what a journal means; and e2fsck will not touch a file system with a feature that it does not know.
    /// </summary>
    public static string? FirstUnknown(Compatible compatible, Incompatible incompatible, ReadOnlyCompatible readOnly) =>
        FeatureBits.First((uint)(incompatible & ~KnownIncompatible), IncompatibleNames, "incompatible")
        ?? FeatureBits.First((uint)(readOnly & ~KnownReadOnlyCompatible), ReadOnlyCompatibleNames, "read-only-compatible")
        ?? FeatureBits.First((uint)(compatible & ~KnownCompatible), CompatibleNames, "compatible");

    /// <summary>As blkid tells the three apart.</summary>
    public static string FileSystemType(Compatible compatible, Incompatible incompatible, ReadOnlyCompatible readOnly)
    {
        const Incompatible ext3 = Incompatible.FileType | Incompatible.NeedsRecovery | Incompatible.MetaBg;
        const ReadOnlyCompatible ext3ReadOnly = ReadOnlyCompatible.SparseSuper | ReadOnlyCompatible.LargeFile | ReadOnlyCompatible.BtreeDirectory;
        if ((incompatible & ~ext3) != 0 || (readOnly & ~ext3ReadOnly) != 0) return "ext4";
        return compatible.HasFlag(Compatible.HasJournal) ? "ext3" : "ext2";
    }
}
