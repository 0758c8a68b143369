using RescueKit.FileSystems.Btrfs;
using RescueKit.FileSystems.Md;
using RescueKit.Model;

namespace RescueKit.FileSystems.Recognition;

/// <summary>Whether a disk is one of several that only together hold something: then nothing may be restored onto it on its own.</summary>
public static class SetMembership
{
    /// <summary>What the whole disk is a member of, for example "Intel RAID member"; null where it stands alone.</summary>
    /// <param name="disk">The whole disk: most members are marked at its end, whatever its partition table says.</param>
    /// <exception cref="BlockReadException">A place that decides could not be read.</exception>
    public static string? Find(IBlockSource disk)
    {
        var bytes = new VolumeBytes(disk);
        var found = Member(disk, bytes) ?? ContainerSignatures.Find(bytes) ?? FileSystemSignatures.Find(bytes) ?? BtrfsOfSeveral(bytes);
        return found is { IsSetMember: true } ? found.Type : null;
    }

    internal static Recognised? Member(IBlockSource volume, VolumeBytes bytes) =>
        MdMember.Find(bytes)?.Named ?? FirmwareRaidMember.Find(bytes) ?? ZfsMember.Find(volume);

    private static Recognised? BtrfsOfSeveral(VolumeBytes bytes) =>
        bytes.Take(BtrfsSuperblock.Offset, BtrfsSuperblock.Size) is { } found && BtrfsSuperblock.HasMagic(found) && BtrfsSuperblock.Parse(found).DeviceCount > 1
            ? new Recognised("btrfs", "it is one of several devices of a btrfs") { IsSetMember = true }
            : null;
}
