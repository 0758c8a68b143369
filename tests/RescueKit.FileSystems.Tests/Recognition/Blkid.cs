using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Recognition;

/// <summary>What blkid finds in an image: the oracle for names, labels and UUIDs.</summary>
internal static class Blkid
{
    public static readonly Dictionary<string, string> Names = new()
    {
        ["adaptec_raid_member"] = "Adaptec RAID member",
        ["apfs"] = "APFS",
        ["bcache"] = "bcache",
        ["BitLocker"] = "BitLocker",
        ["btrfs"] = "btrfs",
        ["crypto_LUKS"] = "LUKS",
        ["ddf_raid_member"] = "DDF RAID member",
        ["drbd"] = "DRBD",
        ["erofs"] = "EROFS",
        ["f2fs"] = "F2FS",
        ["hfs"] = "HFS",
        ["hfsplus"] = "HFS+",
        ["hpt37x_raid_member"] = "HighPoint RAID member",
        ["hpt45x_raid_member"] = "HighPoint RAID member",
        ["iso9660"] = "ISO 9660",
        ["isw_raid_member"] = "Intel RAID member",
        ["jfs"] = "JFS",
        ["jmicron_raid_member"] = "JMicron RAID member",
        ["linux_raid_member"] = "md RAID member",
        ["lsi_mega_raid_member"] = "LSI MegaRAID member",
        ["LVM2_member"] = "LVM2 physical volume",
        ["minix"] = "Minix",
        ["nilfs2"] = "NILFS2",
        ["nvidia_raid_member"] = "NVIDIA RAID member",
        ["promise_fasttrack_raid_member"] = "Promise RAID member",
        ["ReFS"] = "ReFS",
        ["reiserfs"] = "ReiserFS",
        ["silicon_medley_raid_member"] = "Silicon Image RAID member",
        ["squashfs"] = "squashfs",
        ["udf"] = "UDF",
        ["ufs"] = "UFS",
        ["via_raid_member"] = "VIA RAID member",
        ["VMFS"] = "VMFS",
        ["VMFS_volume_member"] = "VMFS volume member",
        ["xfs"] = "XFS",
        ["zfs_member"] = "ZFS member",
    };

    public static Dictionary<string, string> Probe(string path) => Tool.Must("blkid", "-p", "-o", "export", path).Output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>Type, and label and UUID where we give them, are what blkid says.</summary>
    public static VolumeContent AssertSame(string path)
    {
        var expected = Probe(path);
        using var source = new FileSource(path);
        var content = VolumeProbe.Read(source, new AllocationOptions());
        Assert.StartsWith(Names[expected["TYPE"]], content.Type, StringComparison.Ordinal);
        if (content.Label is not null) Assert.Equal(expected.GetValueOrDefault("LABEL"), content.Label);
        if (content.Uuid is not null) Assert.Equal(expected.GetValueOrDefault("UUID"), content.Uuid);
        Assert.Null(content.Map);
        Assert.EndsWith(": taken whole", content.WholeReason, StringComparison.Ordinal);
        return content;
    }
}
