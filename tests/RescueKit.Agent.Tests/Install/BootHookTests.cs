using RescueKit.Agent.Install;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Disks.Inventory;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Install;

/// <summary>What installing the boot hook writes, refuses and takes back. That systems start with it is for the end-to-end tests.</summary>
public sealed class BootHookTests : IDisposable
{
    private const string Id = "6f1f6ee4-1f1c-4a52-8a7e-000000000b00";
    private readonly TempFolder _folder = new();
    private readonly FakeTools _tools = new();

    public BootHookTests()
    {
        _tools.Present.UnionWith(["update-initramfs", "lsinitramfs", "dmsetup", "blkid", "partx", "udevadm"]);
        _tools.On("lsinitramfs", "usr/lib/rescuekit/map-partition\n").On("blkid -p -s PTUUID -o value /dev/sda", Id + "\n").On("blkid -p -s PTUUID -o value /dev/sdb", "other\n");
        Write("/boot/initrd.img-6.1", "");
        Write("/boot/initrd.img-6.1.bak", "");
        Write("/etc/fstab", "# /dev/sda2 was this\nUUID=1 / ext4 defaults 0 1\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Installing_writes_all_and_uninstalling_leaves_nothing()
    {
        var before = Files();
        var hook = Hook();
        hook.Install([hook.Plan(Disk(), ["/dev/sdb"])]);
        Assert.Equal([Id], hook.Ids);
        Assert.Equal(
            ["/etc/initramfs-tools/hooks/rescuekit", "/etc/rescuekit/disks", "/etc/udev/rules.d/59-rescuekit.rules", "/usr/lib/rescuekit/map-partition"],
            Files().Except(before));
        Assert.All(["/etc/initramfs-tools/hooks/rescuekit", "/usr/lib/rescuekit/map-partition"],
            path => Assert.True(File.GetUnixFileMode(PathOf(path)).HasFlag(UnixFileMode.OtherExecute)));
        Assert.Contains("update-initramfs -u -k all", _tools.Lines);
        Assert.DoesNotContain(_tools.Lines, line => line.EndsWith(".bak", StringComparison.Ordinal));
        Assert.True(hook.Uninstall());
        Assert.Equal(before, Files());
        Assert.False(hook.Uninstall());
    }

    [Fact]
    public void What_else_lies_in_its_folders_stays()
    {
        Write("/etc/rescuekit/agent.json", "{}");
        var hook = Hook();
        hook.Install([hook.Plan(Disk(), [])]);
        hook.Uninstall();
        Assert.True(File.Exists(PathOf("/etc/rescuekit/agent.json")));
    }

    [Fact]
    public void Uninstalling_without_a_new_initramfs_is_tried_again()
    {
        var before = Files();
        var hook = Hook();
        hook.Install([hook.Plan(Disk(), [])]);
        var failing = new BootHook(new FakeTools().On("update-initramfs", exitCode: 1, error: "no room"), new SystemRoot(_folder.FullPath));
        Assert.Throws<DeviceException>(() => failing.Uninstall());
        Assert.True(Hook().Uninstall());
        Assert.Equal(before, Files());
    }

    [Theory]
    [InlineData("/boot/grub/grub.cfg", "  linux /vmlinuz root=/dev/mapper/rescuekit-sda2 ro")]
    [InlineData("/etc/fstab", "/dev/mapper/rescuekit-sda2 /srv ext4 defaults 0 2")]
    public void It_is_not_uninstalled_while_the_system_names_a_mapping(string file, string line)
    {
        var hook = Hook();
        hook.Install([hook.Plan(Disk(), [])]);
        Write(file, line + "\n");
        Assert.Contains(file, Assert.Throws<SafetyException>(() => hook.Uninstall()).Message, StringComparison.Ordinal);
        Assert.True(hook.IsInstalled && hook.IsComplete);
    }

    [Fact]
    public void What_was_cut_off_is_not_complete_and_is_installed_again()
    {
        var hook = Hook();
        hook.Install([hook.Plan(Disk(), [])]);
        Assert.True(hook.IsComplete);
        Assert.False(new BootHook(new FakeTools().On("lsinitramfs", "bin/sh\n"), new SystemRoot(_folder.FullPath)).IsComplete);
        File.Delete(PathOf("/etc/udev/rules.d/59-rescuekit.rules"));
        Assert.False(hook.IsComplete);
        hook.Install([hook.Plan(Disk(), [])]);
        Assert.True(hook.IsComplete);
    }

    [Fact]
    public void A_cancelled_installation_is_undone()
    {
        var before = Files();
        Assert.Throws<OperationCanceledException>(() => Hook().Install([new HookedDisk("/dev/sda", Id)], new CancellationToken(canceled: true)));
        Assert.Equal(before, Files());
    }

    [Theory]
    [InlineData("update-initramfs")]
    [InlineData("lsinitramfs")]
    public void An_initramfs_that_cannot_be_made_or_lacks_the_hook_undoes_the_installation(string program)
    {
        var before = Files();
        var tools = new FakeTools().On(program, exitCode: program == "lsinitramfs" ? 0 : 1, output: "no room");
        var hook = new BootHook(tools, new SystemRoot(_folder.FullPath));
        Assert.Throws<DeviceException>(() => hook.Install([new HookedDisk("/dev/sda", Id)]));
        Assert.Equal(before, Files());
        Assert.Equal(2, tools.Lines.Count(line => line.StartsWith("update-initramfs", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/etc/fstab", "/dev/sda2 / ext4 defaults 0 1")]
    [InlineData("/etc/fstab", "UUID=1 / ext4 defaults 0 1\n/dev/disk/by-id/ata-X-part2 /srv ext4 defaults 0 2")]
    [InlineData("/etc/crypttab", "home /dev/sda2 none luks")]
    [InlineData("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/sda2 ro")]
    [InlineData("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"resume=/dev/sda2\"")]
    [InlineData("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=PARTUUID=0F-02 ro")]
    [InlineData("/proc/cmdline", "root=PARTUUID=nobody-knows")]
    [InlineData("/proc/cmdline", "root=PARTUUID=0f-12 resume=PARTUUID=0f-02")]
    [InlineData("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet root=PARTUUID=0f-02\"")]
    [InlineData("/etc/crypttab", "home PARTLABEL=home none luks")]
    [InlineData("/etc/fstab", "PARTUUID=0f-02 /usr ext4 defaults 0 1")]
    [InlineData("/etc/initramfs-tools/conf.d/resume", "RESUME=PARTUUID=0f-02")]
    public void A_name_that_would_lead_nowhere_is_refused_with_its_file(string file, string line)
    {
        Write(file, line + "\n");
        Write("/dev/sda2", "");
        Link("/dev/disk/by-id/ata-X-part2", "/dev/sda2");
        Write("/dev/sdb2", "");
        Link("/dev/disk/by-partuuid/0f-02", "/dev/sda2");
        Link("/dev/disk/by-partuuid/0f-12", "/dev/sdb2");
        Link("/dev/disk/by-partlabel/home", "/dev/sda2");
        var e = Assert.Throws<SafetyException>(() => Hook().Plan(Disk(), []));
        Assert.Contains(file, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_and_other_disks_may_be_named()
    {
        Write("/dev/sda2", "");
        Write("/dev/sdb2", "");
        Link("/dev/disk/by-partuuid/0f-02", "/dev/sda2");
        Link("/dev/disk/by-partuuid/0f-12", "/dev/sdb2");
        Write("/etc/fstab", "/dev/sdb1 / ext4 defaults 0 1\nUUID=1 /srv ext4 defaults 0 2\n/dev/mapper/vg0-root / ext4 defaults 0 1\nPARTUUID=0f-02 /home ext4 defaults 0 2\n");
        Write("/proc/cmdline", "root=PARTUUID=0f-12 ro\n");
        Assert.Equal(Id, Hook().Plan(Disk(), []).TableId);
    }

    [Fact]
    public void A_copy_of_the_disk_that_is_plugged_in_is_refused()
    {
        _tools.On("blkid -p -s PTUUID -o value /dev/sdc", Id + "\n");
        Assert.Contains("/dev/sdc", Assert.Throws<SafetyException>(() => Hook().Plan(Disk(), ["/dev/sdb", "/dev/sdc"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_no_id_or_brings_mappings_of_its_own_is_refused()
    {
        Assert.Throws<SafetyException>(() => Hook().Plan(Disk() with { Path = "/dev/sdz" }, []));
        _tools.On("blkid -p -s TYPE -o value /dev/sda2", "zfs_member\n");
        Assert.Contains("zfs_member", Assert.Throws<SafetyException>(() => Hook().Plan(Disk(), [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_of_LVM_is_refused_where_the_disk_has_a_physical_volume()
    {
        _tools.Present.Add("lvmconfig");
        _tools.On("lvmconfig --type current devices/global_filter", exitCode: 5).On("lvmconfig --type current devices/filter", "filter=[\"a|/dev/sda|\",\"r|.*|\"]\n");
        Assert.Equal(Id, Hook().Plan(Disk(), []).TableId);
        _tools.On("blkid -p -s TYPE -o value /dev/sda2", "LVM2_member\n");
        Assert.Contains("filter=", Assert.Throws<SafetyException>(() => Hook().Plan(Disk(), [])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update-initramfs")]
    [InlineData("partx")]
    public void A_tool_that_is_missing_is_named_with_its_package(string program)
    {
        _tools.Present.Remove(program);
        var e = Assert.Throws<DeviceException>(() => Hook().Plan(Disk(), []));
        Assert.Contains(program, e.Message, StringComparison.Ordinal);
        Assert.Contains("package", e.Remedy, StringComparison.Ordinal);
    }

    private BootHook Hook() => new(_tools, new SystemRoot(_folder.FullPath));

    private static LiveDisk Disk() => new("/dev/sda",
    [
        new LivePartition(1, "partition 1 of /dev/sda", "/dev/sda1", 1 << 20, IsInUse: false, IsSwap: false, [], null),
        new LivePartition(2, "partition 2 of /dev/sda", "/dev/sda2", 1 << 30, IsInUse: true, IsSwap: false, [], null),
    ]);

    private string PathOf(string path) => Path.Combine(_folder.FullPath, path.TrimStart('/'));

    private void Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.CreateSymbolicLink(PathOf(path), PathOf(target));
    }

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), content);
    }

    private List<string> Files() =>
        [.. Directory.EnumerateFileSystemEntries(_folder.FullPath, "*", SearchOption.AllDirectories).Where(File.Exists).Select(path => "/" + Path.GetRelativePath(_folder.FullPath, path)).Order(StringComparer.Ordinal)];
}
