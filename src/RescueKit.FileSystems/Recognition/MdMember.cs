namespace RescueKit.FileSystems.Recognition;

/// <summary>
/// Members of Linux software RAID. Source: include/uapi/linux/raid/md_p.h; version 0.90 lies in the last aligned 64 KiB, 1.0 8 KiB
/// before the end, 1.1 at the start, 1.2 at 4 KiB.
/// </summary>
internal static class MdMember
{
    private const uint Magic = 0xA92B4EFC;
    private const long Reserved = 64 << 10;

    /// <summary>An array on whole disks begins at their start, up to the rounding to chunks; one in a partition begins later.</summary>
    private const long LargestChunkRounding = 1 << 20;

    public static Recognised? Find(VolumeBytes volume)
    {
        var end10 = volume.Length / 4096 * 4096 - 8192;
        return Version090(volume)
            ?? Version1(volume, end10, "1.0")
            ?? Version1(volume, 0, "1.1")
            ?? Version1(volume, 4096, "1.2");
    }

    private static Recognised? Version090(VolumeBytes volume)
    {
        var at = volume.Length / Reserved * Reserved - Reserved;
        if (at < 0) return null;
        var swapped = volume.UInt32BigEndian(at) == Magic;
        if (!swapped && volume.UInt32(at) != Magic) return null;
        uint Word(int index) => swapped ? volume.UInt32BigEndian(at + index * 4) : volume.UInt32(at + index * 4);

        var size = Word(8) * 1024L;
        if (Word(1) != 0 || size > at) return null;
        // The last partition's superblock can lie where the whole disk's would: its array begins where the partition does.
        if (size != 0 && at - size >= LargestChunkRounding) return null;
        var uuid = $"{Word(5):x8}:{Word(13):x8}:{Word(14):x8}:{Word(15):x8}".Replace(":", "", StringComparison.Ordinal);
        return Member("0.90", endAnchored: true) with { Uuid = Guid.ParseExact(uuid, "N").ToString() };
    }

    private static Recognised? Version1(VolumeBytes volume, long at, string version)
    {
        if (volume.UInt32(at) != Magic || volume.UInt32(at + 4) != 1 || volume.UInt64(at + 144) != (ulong)(at / 512)) return null;
        return Member(version, endAnchored: version == "1.0") with { Uuid = volume.Uuid(at + 16), Label = volume.Text(at + 32, 32) };
    }

    private static Recognised Member(string version, bool endAnchored) =>
        new("md RAID member", $"it is a member of a Linux RAID (metadata {version})") { IsSetMember = true, EndAnchored = endAnchored };
}
