using System.Text.Json;
using RescueKit.EndToEnd.Tests.Sizes;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Ids;

/// <summary>Copies that get ids of their own. Needs root and loop devices.</summary>
public sealed class NewIdsTests : IDisposable
{
    private const string OfRoot = "6f1f6ee4-1f1c-4a52-8a7e-0000000000a1", OfBoot = "6f1f6ee4-1f1c-4a52-8a7e-0000000000a2";
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        Assert.DoesNotContain(_folder.FullPath, Tool.Must("losetup", "--list", "--noheadings", "--output", "BACK-FILE").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("rescuekit-system-", File.ReadAllText("/proc/mounts"), StringComparison.Ordinal);
        _folder.Dispose();
    }

    [Fact]
    public void Every_file_system_gets_another_id_and_keeps_every_file()
    {
        (int Mebibytes, FilledVolume Volume)[] volumes =
        [
            (96, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4")), (64, new MatrixFatVolume(32, 64, "-s", "1")), (48, MatrixMountedVolume.Ntfs(4096, 48)),
            .. TestScale.IsWide
                ? (IEnumerable<(int, FilledVolume)>)[(96, MatrixMountedVolume.Xfs("XFS", 96)), (160, MatrixMountedVolume.Btrfs("btrfs", 160, "noatime")), (64, MatrixMountedVolume.ExFat("4K", 64)), (64, MatrixMountedVolume.Ext("ext2", 64, "-t", "ext2"))]
                : [],
        ];
        var disk = new SizedDisk(_folder, "disk", volumes.Sum(v => v.Mebibytes) + 20, $"label: gpt\nstart=2048, size=16M, type=S\n{string.Join('\n', volumes.Select(v => $"size={v.Mebibytes}M, type=L"))}\n");
        foreach (var (i, volume) in volumes.Index()) disk.Fill(i + 2, volume.Volume, i);
        disk.Format(1, "mkswap");
        var (before, target) = (MatrixDisk.Digest(disk.Path), _folder.File("target"));
        MatrixProgram.Must("clone", disk.Path, target, "--new-ids", "--quiet");

        Assert.Equal(before, MatrixDisk.Digest(disk.Path));
        SizedDisk.TableMustBeSound(target);
        var (from, onto) = (SizedDisk.Partitions(disk.Path), SizedDisk.Partitions(target));
        Assert.Equal(from.Select(p => p with { Id = null }), onto.Select(p => p with { Id = null }));
        var (old, ids) = (Ids(disk, disk.Path), Ids(disk, target));
        Assert.Equal(2 * from.Count + 1, ids.Distinct().Count());
        Assert.Empty(old.Intersect(ids));
        disk.MustBeOn(target);
    }

    /// <summary>A system of scripts in the places of the real programs; a real one is in ServerNewIdsTests.</summary>
    [Theory]
    [InlineData("gpt")]
    [InlineData("dos")]
    public void The_system_on_the_copy_is_told_by_its_own_programs(string label)
    {
        var disk = MakeSystem(label, "");
        var target = _folder.File("target");
        MatrixProgram.Must("clone", disk.Path, target, "--new-ids", "--quiet");

        var (from, onto) = (SizedDisk.Partitions(disk.Path), SizedDisk.Partitions(target));
        string Renewed(string text) => text.Replace(OfRoot, Uuid(disk, target, 1), StringComparison.Ordinal).Replace(OfBoot, Uuid(disk, target, 2), StringComparison.Ordinal)
            .Replace(from[1].Id ?? $"{TableId(disk.Path)}-02", onto[1].Id ?? $"{TableId(target)}-02", StringComparison.OrdinalIgnoreCase);
        string Cat(string file, int number, string name) => Tool.Must("debugfs", "-R", $"cat {name}", disk.Take(file, SizedDisk.Partitions(file).Single(p => p.Number == number))).Output;

        foreach (var (number, name) in (IEnumerable<(int, string)>)[(1, "/etc/fstab"), (2, "/grub/grub.cfg")])
        {
            var text = Renewed(Cat(disk.Path, number, name));
            Assert.NotEqual(text, Cat(disk.Path, number, name));
            Assert.Equal(text, Cat(target, number, name));
        }
        Assert.Equal(Cat(target, 1, "/etc/fstab"), Cat(target, 2, "/initrd.img"));
        var calls = Cat(target, 2, "/calls");
        Assert.StartsWith("update-initramfs -u -k all\ngrub-install --target=i386-pc /dev/loop", calls, StringComparison.Ordinal);
        Tool.Must("e2fsck", "-fn", disk.Take(target, onto[0]));
    }

    /// <summary>It names a program to mount.fuse(8), which would be run here.</summary>
    [Fact]
    public void The_image_does_not_choose_what_mounts_it()
    {
        var disk = MakeSystem("gpt", $"UUID={OfBoot} /srv fuse.sh defaults,dev,suid 0 0\n");
        MatrixProgram.Must("clone", disk.Path, _folder.File("target"), "--new-ids", "--quiet");
    }

    /// <summary>What cannot be told apart is said, and costs the run its "complete".</summary>
    [Fact]
    public void What_is_found_by_label_is_named()
    {
        var disk = MakeSystem("gpt", "LABEL=data /srv ext4 defaults 0 0\n");
        var result = MatrixProgram.Run("clone", disk.Path, _folder.File("target"), "--new-ids", "--quiet");
        Assert.Equal(5, result.ExitCode);
        Assert.Contains("The system in partition 1: /etc/fstab names LABEL=data, which may be found on either disk.", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_have_other_ids_is_refused_before_anything_is_written()
    {
        var key = _folder.File("key");
        File.WriteAllText(key, "a passphrase");
        foreach (var (make, message) in (IEnumerable<(string[], string)>)
        [
            (["cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file", key], "partition 1 holds LUKS2"),
            (["sh", "-c", "mkswap $0 >/dev/null && printf S1SUSPEND | dd of=$0 bs=1 seek=4086 conv=notrunc status=none"], "holds a suspended system"),
        ])
        {
            var disk = new SizedDisk(_folder, "disk", 40, "label: gpt\nstart=2048, size=32M, type=L\n");
            disk.Format(1, make);
            var refused = MatrixProgram.Run("clone", disk.Path, _folder.File("target"), "--new-ids");
            Assert.Equal(4, refused.ExitCode);
            Assert.Contains(message, refused.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(_folder.File("target")));
        }
    }

    private SizedDisk MakeSystem(string label, string moreOfFstab)
    {
        var disk = new SizedDisk(_folder, "disk", 80, $"label: {label}\nstart=2048, size=48M, type=L\nsize=24M, type=L\n");
        var partition = SizedDisk.Partitions(disk.Path)[1].Id ?? $"{TableId(disk.Path)}-02";
        var (root, boot) = (_folder.Folder("root"), _folder.Folder("boot"));
        foreach (var folder in new[] { "etc", "dev", "proc", "sys", "run", "tmp", "srv", "boot", "bin", "usr/sbin" }) Directory.CreateDirectory(Path.Combine(root, folder));
        File.WriteAllText(Path.Combine(root, "etc/fstab"), $"UUID={OfRoot} / ext4 defaults 0 1\nPARTUUID={partition} /boot ext4 defaults 0 2\n{moreOfFstab}");
        File.Copy(Tool.Find("busybox"), Path.Combine(root, "bin/busybox"));
        foreach (var name in new[] { "sh", "cat" }) File.CreateSymbolicLink(Path.Combine(root, "bin", name), "busybox");
        File.CreateSymbolicLink(Path.Combine(root, "usr/sbin/init"), "/bin/busybox");
        // With processes, devices and a network of its own; what it leaves running, and would keep file systems in use, ends with it.
        Script("update-initramfs", "cat /etc/fstab >/boot/initrd.img\n[ $$ = 1 ]\n[ ! -e /dev/loop-control ]\n[ -c /dev/null ]\n[ ! -e /proc/net/dev ] || [ $(cat /proc/net/dev | /bin/busybox wc -l) = 3 ]\n/bin/busybox sleep 600 >/dev/null 2>&1 &");
        Script("grub-install", "[ -b \"$2\" ]\n[ -b \"$2p2\" ]\nid=$(/bin/busybox sed -n 's/^UUID=\\([^ ]*\\) \\/ .*/\\1/p' /etc/fstab)\n[ /dev/disk/by-uuid/$id -ef \"$2p1\" ]");
        Directory.CreateDirectory(Path.Combine(boot, "grub/i386-pc"));
        File.WriteAllText(Path.Combine(boot, "grub/grub.cfg"), $"search --fs-uuid --set=root {OfBoot}\nlinux /vmlinuz root=UUID={OfRoot} ro\n");
        disk.Format(1, "mke2fs", "-q", "-t", "ext4", "-U", OfRoot, "-d", root);
        disk.Format(2, "mke2fs", "-q", "-t", "ext4", "-U", OfBoot, "-d", boot);
        using var file = File.OpenWrite(disk.Path);
        file.Position = 384;
        file.Write("GRUB "u8);
        return disk;

        void Script(string name, string command)
        {
            var path = Path.Combine(root, "usr/sbin", name);
            File.WriteAllText(path, $"#!/bin/sh -e\necho {name} \"$@\" >>/boot/calls\n{command}\n");
            Tool.Must("chmod", "755", path);
        }
    }

    private static string TableId(string disk)
    {
        using var json = JsonDocument.Parse(Tool.Must("sfdisk", "--json", disk).Output);
        return json.RootElement.GetProperty("partitiontable").GetProperty("id").GetString()!.Replace("0x", "", StringComparison.Ordinal);
    }

    private static string Uuid(SizedDisk disk, string file, int number) =>
        Tool.Must("blkid", "--probe", "--match-tag", "UUID", "--output", "value", disk.Take(file, SizedDisk.Partitions(file).Single(p => p.Number == number))).Output.Trim();

    private static List<string> Ids(SizedDisk disk, string file) =>
        [TableId(file), .. SizedDisk.Partitions(file).SelectMany(p => (string[])[p.Id!, Uuid(disk, file, p.Number)])];
}
