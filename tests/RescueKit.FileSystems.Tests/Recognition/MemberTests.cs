using RescueKit.FileSystems.Recognition;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Recognition;

/// <summary>Members of sets and containers, most of them marked by hand; blkid has to agree where it knows them.</summary>
public sealed class MemberTests : IDisposable
{
    private readonly TempFolder _temp = new();

    [Theory]
    [InlineData("intel", "Intel RAID member")]
    [InlineData("ddf", "DDF RAID member")]
    [InlineData("ddf-257", "DDF RAID member")]
    [InlineData("nvidia", "NVIDIA RAID member")]
    [InlineData("highpoint-37x", "HighPoint RAID member")]
    [InlineData("highpoint-45x", "HighPoint RAID member")]
    [InlineData("promise", "Promise RAID member")]
    [InlineData("promise-3087", "Promise RAID member")]
    [InlineData("lsi", "LSI MegaRAID member")]
    [InlineData("adaptec", "Adaptec RAID member")]
    [InlineData("silicon", "Silicon Image RAID member")]
    [InlineData("jmicron", "JMicron RAID member")]
    [InlineData("via", "VIA RAID member")]
    [InlineData("md-0.90", "md RAID member")]
    [InlineData("md-1.0", "md RAID member")]
    [InlineData("zfs-mirror", "ZFS member")]
    [InlineData("drbd", "DRBD")]
    public void Members_marked_at_the_end_are_named_as_blkid_names_them(string name, string type)
    {
        var content = Blkid.AssertSame(Write(name));
        Assert.Equal(type, content.Type);
        Assert.True(content.IsSetMember);
        Assert.True(content.EndAnchored);
        using var disk = MemoryDisk.FromBytes(MadeByHand.Disk(name));
        Assert.Equal(type, SetMembership.Find(disk));
    }

    [Theory]
    [InlineData("md-1.1")]
    [InlineData("md-1.2")]
    [InlineData("vmfs-member")]
    public void Members_marked_at_the_start_are_named_as_blkid_names_them(string name)
    {
        var content = Blkid.AssertSame(Write(name));
        Assert.True(content.IsSetMember);
        Assert.False(content.EndAnchored);
    }

    [Theory]
    [InlineData("bitlocker", "BitLocker")]
    [InlineData("bitlocker-to-go", "BitLocker")]
    [InlineData("refs", "ReFS")]
    [InlineData("vmfs", "VMFS")]
    [InlineData("hfs", "HFS")]
    [InlineData("hfs-plus", "HFS+")]
    [InlineData("hfs-plus-cases", "HFS+")]
    [InlineData("hfs-plus-wrapped", "HFS+")]
    [InlineData("zfs-disk", "ZFS member")]
    public void What_stands_alone_may_be_restored_onto(string name, string type)
    {
        var content = Blkid.AssertSame(Write(name));
        Assert.Equal(type, content.Type);
        Assert.False(content.IsSetMember);
        using var disk = MemoryDisk.FromBytes(MadeByHand.Disk(name));
        Assert.Null(SetMembership.Find(disk));
    }

    [Theory]
    [InlineData("dynamic-start")]
    [InlineData("dynamic-end")]
    public void A_Windows_dynamic_disk_may_not_move(string name)
    {
        using var disk = MemoryDisk.FromBytes(MadeByHand.Disk(name));
        var content = VolumeProbe.Read(disk, new AllocationOptions());
        Assert.Equal("Windows dynamic disk", content.Type);
        Assert.True(content.EndAnchored);
    }

    [Fact]
    public void Intel_metadata_counts_in_sectors_of_4_KiB_too()
    {
        using var disk = MemoryDisk.FromBytes(MadeByHand.Disk("intel-4k"));
        Assert.Equal("Intel RAID member", SetMembership.Find(disk));
    }

    /// <summary>Such a mirror is the usual home of an EFI system partition: the file system alone would look harmless.</summary>
    [Theory]
    [InlineData("md-1.0")]
    [InlineData("md-0.90")]
    [InlineData("intel")]
    public void A_member_that_begins_like_a_FAT_volume_is_still_a_member(string name)
    {
        var path = Write(name);
        Tool.Must("mkfs.fat", "-F", "16", path, "60000");
        using var source = new FileSource(path);
        var content = VolumeProbe.Read(source, new AllocationOptions());
        Assert.True(content.IsSetMember, content.Type);
        Assert.Null(content.Map);
    }

    [Fact]
    public void FAT_by_the_same_formatter_name_as_BitLocker_To_Go_is_still_FAT()
    {
        var path = SparseFile.Create(_temp.File("fat"), 64 << 20);
        Tool.Must("mkfs.fat", "-F", "32", "-s", "1", path);
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = 3;
            file.Write("MSWIN4.1"u8);
        }
        using var source = new FileSource(path);
        Assert.Equal("FAT32", VolumeProbe.Read(source, new AllocationOptions()).Type);
    }

    /// <summary>The superblock of version 0.90 in a last partition lies where the whole disk's would.</summary>
    [Fact]
    public void A_disk_whose_last_partition_is_a_member_is_none_itself()
    {
        var bytes = MadeByHand.Disk("md-0.90");
        var sizeKibi = (MadeByHand.Length - (32 << 20) - (64 << 10)) / 1024;
        BitConverter.TryWriteBytes(bytes.AsSpan(MadeByHand.Length - (64 << 10) + 32), sizeKibi);
        using var disk = MemoryDisk.FromBytes(bytes);
        Assert.Null(SetMembership.Find(disk));
        using var partition = new BlockSourceSlice(disk, Extent.FromTo(32 << 20, MadeByHand.Length), "last partition");
        Assert.Equal("md RAID member", SetMembership.Find(partition));
    }

    public void Dispose() => _temp.Dispose();

    private string Write(string name)
    {
        var path = _temp.File(name);
        File.WriteAllBytes(path, MadeByHand.Disk(name));
        return path;
    }
}
