using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>A stick with FAT as the place of an image, behind the kernel's own driver.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestFatFolderTests(GuestSystem system)
{
    [Fact]
    public void An_image_on_FAT_is_split_and_resumed_there()
    {
        using var folder = new TempFolder();
        var disk = folder.File("disk");
        File.WriteAllBytes(disk, Corpus.Content(new Random(5), 8 << 20));
        var stick = SparseFile.Create(folder.File("stick"), 5L << 30);
        Tool.Must("mkfs.fat", "-F", "32", stick);
        using var guest = system.Boot(new GuestDisk("disk", disk, GuestBus.Virtio), new GuestDisk("stick", stick, GuestBus.Virtio));
        guest.Must("mount -t vfat /dev/vdb /mnt");

        var plan = guest.Must("rescuekit image create /dev/vda /mnt/disk.rki --dry-run");
        Assert.Contains("4294967295", plan.Everything, StringComparison.Ordinal);
        // What a writer relies on where a file system does not say what it is: it is refused before anything is written.
        Assert.Contains("File too large", guest.Must("truncate -s 4294967296 /mnt/probe", 1).Error, StringComparison.Ordinal);

        guest.Must("rescuekit image create /dev/vda /mnt/disk.rki --codec none --split 2M");
        guest.Must("test -f /mnt/disk.rki.004 && truncate -s 70000 /mnt/disk.rki.004 && rm -f /mnt/disk.rki.005");
        guest.Must("rescuekit image verify /mnt/disk.rki", 3);
        guest.Must("rescuekit image create /dev/vda /mnt/disk.rki --split 2M --resume");
        guest.Must("rescuekit image verify /mnt/disk.rki");
    }
}
