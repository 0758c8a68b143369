using System.Text.Json;
using RescueKit.EndToEnd.Tests.Consoles;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Sizes;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>
/// The main job as a person does it: a real Debian disk is backed up onto the stick and restored onto a larger blank disk by key strokes on a
/// serial console, and the restored disk starts on its own.
/// </summary>
[Collection(MediaTests.Name)]
public sealed class MainJobTests(MediaImage media) : IDisposable
{
    private const string WouldStart = "this machine would start it";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>By UEFI in the core tier, below; by BIOS also in scripts/demo, without key strokes. Here the root grows, and swap behind it moves to the end.</summary>
    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_Debian_disk_is_backed_up_and_restored_by_key_strokes_and_starts_to_a_login()
    {
        var source = DebianDisk("bios");
        var before = Tool.Must("sha256sum", source).Output;
        var target = Blank("target");
        using (var screen = Boot(MediaFirmware.Bios, source, target))
        {
            BackUp(screen);
            Restore(screen, "/dev/vdb", "0002", grown: "1 root, ext4, grows");
            Assert.Contains("COMPLETE", screen.WaitFor(WouldStart), StringComparison.Ordinal);
            PowerOff(screen);
        }
        Assert.Equal(before, Tool.Must("sha256sum", source).Output);
        var (root, swap) = (SizedDisk.Partitions(target)[0], SizedDisk.Partitions(target)[1]);
        Assert.Equal((root.Start + root.Size, 3L << 30), (swap.Start, (swap.Start + swap.Size) * 512));
        using var restored = new MediaMachine(MediaFirmware.Bios, Disk(target));
        restored.WaitFor("web1 login:");
    }

    /// <summary>
    /// The machine has never seen the disk: its UEFI has no entry for it, and grub-install has made no fallback loader. The fallback loader, which
    /// works in other machines too, costs another restore: only the wide run makes it.
    /// </summary>
    [Fact]
    public void A_UEFI_disk_that_the_firmware_does_not_know_is_made_bootable_by_key_strokes()
    {
        var source = DebianDisk("uefi");
        var before = Tool.Must("sha256sum", source).Output;
        var (target, other) = (Blank("target"), Blank("other"));
        using (var screen = Boot(MediaFirmware.Uefi, source, target, other))
        {
            BackUp(screen);
            GetFile(screen);
            if (TestScale.IsWide)
            {
                Restore(screen, "/dev/vdc", "0003");
                MakeBootable(screen, "Add a fallback loader");
                screen.Press("Escape");
            }
            Restore(screen, "/dev/vdb", "0002");
            MakeBootable(screen, "Add the boot entry \"debian\"");
            PowerOff(screen);
        }
        Assert.Equal(before, Tool.Must("sha256sum", source).Output);
        Assert.Equal("web1\n", OnStick("hostname"));
        using (var restored = new MediaMachine(MediaFirmware.Uefi, _folder.File("variables"), Disk(target)))
            restored.WaitFor("web1 login:");
        if (!TestScale.IsWide) return;
        using var elsewhere = new MediaMachine(MediaFirmware.Uefi, Disk(other));
        elsewhere.WaitFor("web1 login:");
    }

    /// <summary>From the home screen to the result of a backup of /dev/vda onto the stick, and home again.</summary>
    private static void BackUp(TmuxScreen screen)
    {
        screen.WaitFor("GiB free"); // the stick, without being asked for
        screen.Choose("Back up a disk");
        screen.Press("Enter");
        screen.WaitFor("/dev/vdb");
        screen.Choose("/dev/vda");
        screen.Press("Enter");
        screen.WaitFor("where to?");
        screen.Choose("this stick");
        screen.Press("Enter");
        screen.WaitFor("under which name?");
        screen.Press("Enter");
        screen.WaitFor("Verify afterwards");
        screen.Press("Enter");
        screen.WaitFor("Enter start");
        screen.Press("Enter");
        Assert.Contains("COMPLETE", screen.WaitFor("Backup finished"), StringComparison.Ordinal);
        screen.Press("Escape");
    }

    /// <summary>From the home screen to the result of copying /etc/hostname out of the stick's one image onto the stick, and home again.</summary>
    private static void GetFile(TmuxScreen screen)
    {
        screen.WaitFor("Get files");
        screen.Choose("Get files");
        screen.Press("Enter");
        screen.WaitFor(".rki");
        screen.Press("Enter");
        screen.WaitFor("out of which partition?");
        screen.Choose("ext4");
        screen.Press("Enter");
        screen.WaitFor("lost+found/");
        screen.Choose(" etc/");
        screen.Press("Enter");
        screen.WaitFor("· /etc");
        screen.WaitFor("apt/");
        screen.Type("/");
        screen.WaitFor("Search below /etc");
        screen.Type("hostname");
        screen.Press("Enter");
        screen.WaitFor("\"hostname\" below /etc");
        screen.Choose("/etc/hostname");
        screen.Press("Space");
        screen.WaitFor("1 marked");
        screen.Press("r");
        screen.WaitFor("which place?");
        screen.Choose("this stick");
        screen.Press("Enter");
        screen.WaitFor("Restore to · this stick");
        screen.WaitFor(".rki");
        screen.Press("r");
        screen.WaitFor("Enter start");
        screen.Press("Enter");
        screen.WaitFor("The files are in");
        screen.Press("Escape");
    }

    /// <summary>From the home screen to the result of a restore of the stick's one image.</summary>
    private static void Restore(TmuxScreen screen, string disk, string id, string? grown = null)
    {
        screen.WaitFor("Restore a disk");
        screen.Choose("Restore a disk");
        screen.Press("Enter");
        screen.WaitFor(".rki");
        screen.Press("Enter");
        screen.WaitFor("is it this one?");
        screen.Press("Enter");
        screen.WaitFor("onto which disk?");
        screen.Choose(disk);
        screen.Press("Enter");
        screen.WaitFor("Read back");
        if (grown is not null)
        {
            screen.Press("Tab");
            screen.Press("Right");
            screen.WaitFor(grown);
        }
        screen.Press("Enter");
        screen.WaitFor("type the id");
        screen.Type("wrong");
        screen.Press("Enter");
        screen.WaitFor("That is not the id");
        for (var i = 0; i < "wrong".Length; i++) screen.Press("BSpace");
        screen.Type(id);
        screen.Press("Enter");
        screen.WaitFor("Restore finished");
    }

    /// <summary>From the result of a restore.</summary>
    private static void MakeBootable(TmuxScreen screen, string remedy)
    {
        var result = screen.WaitFor("COMPLETE, NOT YET BOOTABLE");
        Assert.Contains("Add the boot entry \"debian\"", result, StringComparison.Ordinal);
        Assert.Contains("Add a fallback loader", result, StringComparison.Ordinal);
        screen.Choose(remedy);
        screen.Press("Enter");
        Assert.DoesNotContain("NOT YET", screen.WaitFor(WouldStart), StringComparison.Ordinal);
    }

    /// <summary>From the result of a run.</summary>
    private static void PowerOff(TmuxScreen screen)
    {
        screen.Press("Escape");
        screen.WaitFor("Restore a disk");
        screen.Press("q");
        screen.WaitFor("Power off");
        screen.Choose("Power off");
        screen.Press("Enter");
        screen.WaitForEnd();
    }

    /// <summary>What is in a file at the top of the stick's partition for images.</summary>
    private string OnStick(string name)
    {
        using var table = JsonDocument.Parse(Tool.Must("sfdisk", "--json", _folder.File("stick")).Output);
        var last = table.RootElement.GetProperty("partitiontable").GetProperty("partitions").EnumerateArray().Last();
        var (start, size) = (last.GetProperty("start").GetInt64() * 512, last.GetProperty("size").GetInt64() * 512);
        Tool.Must("dd", $"if={_folder.File("stick")}", $"of={_folder.File("images")}", "bs=1M", "iflag=skip_bytes,count_bytes", $"skip={start}", $"count={size}", "conv=sparse", "status=none");
        using var images = new MatrixMount(_folder.File("images"), _folder.File("mounted"), ["mount.exfat-fuse", "-o", "ro"]);
        return File.ReadAllText(Path.Combine(images.Folder, name));
    }

    private string DebianDisk(string firmware)
    {
        var disk = _folder.File("source");
        Tool.Must(new ToolRequest(Path.Combine(GuestPaths.Repository, "scripts", "debian-disk"), [firmware, disk]) { Limit = TimeSpan.FromMinutes(30) });
        return disk;
    }

    private string Blank(string name) => SparseFile.Create(_folder.File(name), 3L << 30);

    private static string[] Disk(string file) => ["-drive", $"if=none,id=disk,format=raw,file={file}", "-device", "virtio-blk-pci,drive=disk"];

    /// <summary>A machine with a new stick and disks whose serial numbers end in 0001, 0002 and so on; its UEFI's variables outlive it.</summary>
    private TmuxScreen Boot(MediaFirmware firmware, params string[] disks)
    {
        var stick = _folder.File("stick");
        MediaImage.Rescuekit("media", "write", media.Iso, stick, "--size", "2G");
        return new TmuxScreen(
        [
            Tool.Find("qemu-system-x86_64"),
            .. MediaMachine.Options(firmware, _folder,
            [
                .. MediaMachine.Stick(stick, isWritable: true),
                .. disks.SelectMany((disk, index) => (string[])
                    ["-drive", $"if=none,id=disk{index},format=raw,file={disk}", "-device", $"virtio-blk-pci,drive=disk{index},serial=DISK000{index + 1}"]),
            ]),
        ]);
    }
}
