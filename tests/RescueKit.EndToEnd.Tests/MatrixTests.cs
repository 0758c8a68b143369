using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>Every kind of file system with a map of its own, through the executable and back. Classes run side by side.</summary>
public abstract class MatrixTests
{
    /// <summary>More volume means more generations of the same file system, each with other files and another age.</summary>
    private protected static void Prove(MatrixVolume volume)
    {
        for (var seed = 1; seed <= TestScale.Factor; seed++) MatrixProof.Run(volume, seed);
    }
}

public sealed class MatrixExtTests : MatrixTests
{
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Ext4_with_blocks_of_1K() => Prove(MatrixMountedVolume.Ext("ext4 1K", 96, "-t", "ext4", "-b", "1024"));
    [Fact] public void Ext4_with_blocks_of_4K() => Prove(MatrixMountedVolume.Ext("ext4 4K", 160, "-t", "ext4", "-b", "4096"));
    [Fact] public void Ext4_with_bigalloc() => Prove(MatrixMountedVolume.Ext("ext4 bigalloc", 128, "-t", "ext4", "-b", "4096", "-O", "bigalloc", "-C", "16384"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Ext4_with_meta_bg() => Prove(MatrixMountedVolume.Ext("ext4 meta_bg", 128, "-t", "ext4", "-b", "1024", "-O", "meta_bg,^resize_inode"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Ext4_without_journal() => Prove(MatrixMountedVolume.Ext("ext4 no journal", 96, "-t", "ext4", "-O", "^has_journal"));
    [Fact] public void Ext3() => Prove(MatrixMountedVolume.Ext("ext3", 96, "-t", "ext3"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Ext2() => Prove(MatrixMountedVolume.Ext("ext2", 96, "-t", "ext2"));
}

/// <summary>Version 4 is not mounted by every kernel any more: its aged volumes are in tests/Fixtures.</summary>
public sealed class MatrixXfsTests : MatrixTests
{
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Xfs_with_blocks_of_1K() => Prove(MatrixMountedVolume.Xfs("XFS 1K", 96, "-b", "size=1024", "-d", "agcount=4"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Xfs_with_blocks_of_4K() => Prove(MatrixMountedVolume.Xfs("XFS 4K", 160));
    [Fact] public void Xfs_with_reverse_map_and_reflinks() => Prove(MatrixMountedVolume.Xfs("XFS rmapbt", 160, "-m", "rmapbt=1,reflink=1", "-b", "size=1024"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Xfs_without_newer_features() => Prove(MatrixMountedVolume.Xfs("XFS plain", 128, "-m", "finobt=0,reflink=0,inobtcount=0,bigtime=0", "-i", "sparse=0"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Xfs_on_sectors_of_4K() => Prove(MatrixMountedVolume.Xfs("XFS 4K sectors", 128, "-s", "size=4096"));
}

public sealed class MatrixBtrfsTests : MatrixTests
{
    [Fact] public void Btrfs() => Prove(MatrixMountedVolume.Btrfs("btrfs", 256, "noatime"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Btrfs_with_duplicated_data() => Prove(MatrixMountedVolume.Btrfs("btrfs DUP", 320, "noatime", "-d", "dup"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Btrfs_with_mixed_groups() => Prove(MatrixMountedVolume.Btrfs("btrfs mixed", 160, "noatime", "--mixed", "-n", "4096"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Btrfs_compressed() => Prove(MatrixMountedVolume.Btrfs("btrfs zstd", 256, "compress=zstd", "--csum", "xxhash"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Btrfs_with_the_old_space_cache() => Prove(MatrixMountedVolume.Btrfs("btrfs v1", 256, "space_cache=v1", "-R", "^free-space-tree", "-O", "^skinny-metadata,^no-holes"));
}

public sealed class MatrixNtfsTests : MatrixTests
{
    public static TheoryData<int, int> Clusters => TestScale.IsWide
        ? new() { { 512, 80 }, { 1024, 80 }, { 4096, 96 }, { 16384, 128 }, { 65536, 160 } }
        : new() { { 4096, 96 }, { 65536, 160 } };

    [Theory]
    [MemberData(nameof(Clusters))]
    public void Ntfs(int cluster, int mebibytes) => Prove(MatrixMountedVolume.Ntfs(cluster, mebibytes));
}

public sealed class MatrixFatTests : MatrixTests
{
    [Fact] public void Fat12() => Prove(new MatrixFatVolume(12, 12, "-s", "8"));
    [Fact, Trait(TestScale.Tier, TestScale.Wide)] public void Fat16() => Prove(new MatrixFatVolume(16, 32, "-s", "4"));
    [Fact] public void Fat32() => Prove(new MatrixFatVolume(32, 64, "-s", "1"));

    public static TheoryData<string, int> Clusters => TestScale.IsWide
        ? new() { { "512", 64 }, { "4K", 96 }, { "32K", 96 }, { "128K", 160 } }
        : new() { { "32K", 96 } };

    [Theory]
    [MemberData(nameof(Clusters))]
    public void ExFat(string cluster, int mebibytes) => Prove(MatrixMountedVolume.ExFat(cluster, mebibytes));
}
