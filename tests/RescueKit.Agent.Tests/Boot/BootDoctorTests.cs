using RescueKit.Agent.Boot;
using RescueKit.Agent.Machine;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Boot;

/// <summary>On a real GPT disk in a file, with the real mtools.</summary>
public sealed class BootDoctorTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MadeUpRoot _root = new();

    public void Dispose()
    {
        _folder.Dispose();
        _root.Dispose();
    }

    [Fact]
    public void A_fallback_loader_is_made_of_the_vendors_shim_and_what_it_loads()
    {
        _root.Folder("/sys/firmware/efi");
        var disk = MakeDisk("shimx64.efi", "grubx64.efi", "mmx64.efi", "grub.cfg");
        var doctor = Doctor();
        var check = doctor.Check(disk);
        Assert.Equal("not yet bootable", check.Verdict);
        var remedy = Assert.Single(check.Remedies).Id;

        Assert.Equal("bootable", doctor.Apply(disk, remedy).Verdict);
        Assert.Equal("shimx64.efi", Read(disk, "EFI/BOOT/BOOTX64.EFI"));
        Assert.Equal("grubx64.efi", Read(disk, "EFI/BOOT/grubx64.efi"));
        Assert.Equal("mmx64.efi", Read(disk, "EFI/BOOT/mmx64.efi"));
        Assert.Equal("grub.cfg", Read(disk, "EFI/debian/grub.cfg"));
        Tool.Must("fsck.fat", "-n", Esp(disk));
        Assert.Throws<UsageException>(() => doctor.Apply(disk, remedy));
    }

    [Fact]
    public void Looking_at_a_disk_changes_nothing_on_it()
    {
        _root.Folder("/sys/firmware/efi");
        var disk = MakeDisk("grubx64.efi");
        var before = File.ReadAllBytes(disk);
        Doctor().Check(disk);
        Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(disk)));
    }

    [Fact]
    public void On_BIOS_a_GPT_disk_without_boot_code_is_not_yet_bootable_and_with_GRUBs_it_is()
    {
        var disk = MakeDisk("grubx64.efi");
        Assert.Equal("not yet bootable", Doctor().Check(disk).Verdict);
        using (var file = File.OpenWrite(disk))
        {
            file.Position = 0x180;
            file.Write("GRUB \0Geom\0"u8);
        }
        Assert.Equal("bootable", Doctor().Check(disk).Verdict);
    }

    [Fact]
    public void A_partition_that_is_no_FAT_leaves_it_open()
    {
        _root.Folder("/sys/firmware/efi");
        var disk = SparseFile.Create(_folder.File("disk.raw"), 32 << 20);
        Tool.Must("sgdisk", "-n1:2048:+16M", "-t1:ef00", disk);
        Assert.Equal("unknown", Doctor().Check(disk).Verdict);
    }

    private BootDoctor Doctor() => new(new MachineReader(_root.Root, new FakeTools(), TimeProvider.System), new ToolRunner(), _folder.File("esp"));

    private string MakeDisk(params string[] loaders)
    {
        var disk = SparseFile.Create(_folder.File("disk.raw"), 32 << 20);
        Tool.Must("sgdisk", "-n1:2048:+16M", "-t1:ef00", "-n2:0:0", "-t2:8300", disk);
        Tool.Must("mkfs.fat", "-F", "16", "--offset=2048", disk, "16384");
        Tool.Must("mmd", "-i", $"{disk}@@1M", "::/EFI", "::/EFI/debian");
        foreach (var loader in loaders)
        {
            File.WriteAllText(_folder.File(loader), loader);
            Tool.Must("mcopy", "-i", $"{disk}@@1M", _folder.File(loader), $"::/EFI/debian/{loader}");
        }
        return disk;
    }

    private static string Read(string disk, string path) => Tool.Must("mtype", "-i", $"{disk}@@1M", $"::/{path}").Output;

    private string Esp(string disk)
    {
        var part = _folder.File("esp.part");
        Tool.Must("dd", $"if={disk}", $"of={part}", "bs=1M", "skip=1", "count=16", "status=none");
        return part;
    }
}
