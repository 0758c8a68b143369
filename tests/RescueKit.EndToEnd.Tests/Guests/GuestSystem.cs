namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>Made once for all classes of the collection. They run one after another: an emulated machine keeps both processors busy.</summary>
public sealed class GuestSystem : IDisposable
{
    private static readonly string[] s_modules =
    [
        "virtio_pci", "virtio_console", "virtio_blk", "virtio_scsi", "sd_mod", "ahci", "nvme", "xhci_pci", "usb_storage",
        "ext4", "xfs", "btrfs", "vfat", "nls_cp437", "nls_ascii", "dm_mod", "dm_snapshot", "dm_thin_pool", "dm_raid", "loop", "raid1", "nbd",
        "dm_crypt", "xts", "cbc", "ecb", "essiv", "aes_generic", "sha256_generic", "algif_skcipher",
    ];

    private readonly Lazy<GuestInitramfs> _initramfs = new(() => new GuestInitramfs(GuestKernel.Current, s_modules, ["dmsetup", "lvm", "mdadm", "cryptsetup", "losetup", "flock", "perl", "find", "cp",
        "sfdisk", "setsid", "e2fsck", "resize2fs", "dumpe2fs", "ntfsresize", "nbd-client"]));

    internal Guest Boot(params IEnumerable<GuestDisk> disks) => new(_initramfs.Value, disks);

    public void Dispose()
    {
        if (_initramfs.IsValueCreated) _initramfs.Value.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class GuestTests : ICollectionFixture<GuestSystem>
{
    public const string Name = "guests";
}
