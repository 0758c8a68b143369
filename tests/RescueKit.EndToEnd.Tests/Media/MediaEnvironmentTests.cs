using System.Globalization;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>What a technician finds in the booted environment.</summary>
[Collection(MediaTests.Name)]
public sealed class MediaEnvironmentTests(MediaSession session) : IClassFixture<MediaSession>
{
    private const string FilesOutOfAnImage = """
        set -e
        mke2fs -q -F -t ext4 /dev/nvme0n1
        mount /dev/nvme0n1 /mnt
        echo kept >/mnt/file
        umount /mnt
        rescuekit image create /dev/nvme0n1 /tmp/spare.rki --quiet
        mkdir /tmp/got
        rescuekit image ls /tmp/spare.rki / --json | grep -q '"file"'
        rescuekit image get /tmp/spare.rki /file /tmp/got --quiet
        [ "$(cat /tmp/got/file)" = kept ]
        rm -r /tmp/got /tmp/spare.rki
        ! ls /sys/block/nbd*/pid 2>/dev/null
        """;

    private const string ASmallerDisk = """
        set -e
        echo size=400M | sfdisk -q --label gpt /dev/nvme0n1
        mke2fs -q -F -t ext4 /dev/nvme0n1p1
        mount /dev/nvme0n1p1 /mnt
        echo kept >/mnt/file
        umount /mnt
        rescuekit image create /dev/nvme0n1 /tmp/spare.rki --quiet
        truncate -s 300M /tmp/small
        rescuekit image restore /tmp/spare.rki /tmp/small --shrink --confirm small --quiet
        loop=$(losetup --find --show --offset 1048576 /tmp/small)
        e2fsck -fn $loop
        mount -o ro $loop /mnt
        [ "$(cat /mnt/file)" = kept ]
        umount /mnt
        losetup --detach $loop
        rm /tmp/small /tmp/spare.rki
        sgdisk -Z /dev/nvme0n1
        ! ls /sys/block/nbd*/pid 2>/dev/null
        """;

    private const string ACopyWithIdsOfItsOwn = """
        set -e
        printf 'size=100M\nsize=64M, type=U\nsize=128M\nsize=48M\nsize=32M\nsize=16M\n' | sfdisk -q --label gpt /dev/nvme0n1
        mke2fs -q -F -t ext4 -U 6f1f6ee4-1f1c-4a52-8a7e-0000000000a1 /dev/nvme0n1p1
        mkfs.fat -F 32 -i 16A00B06 /dev/nvme0n1p2 >/dev/null
        mkfs.btrfs -q -f /dev/nvme0n1p3
        mkntfs -q -Q -F /dev/nvme0n1p4
        mkfs.exfat /dev/nvme0n1p5 >/dev/null
        mkswap /dev/nvme0n1p6
        mount /dev/nvme0n1p1 /mnt
        mkdir -p /mnt/etc /mnt/bin /mnt/usr/sbin /mnt/boot/efi /mnt/dev /mnt/proc /mnt/sys /mnt/run /mnt/tmp
        printf 'UUID=6f1f6ee4-1f1c-4a52-8a7e-0000000000a1 / ext4\nUUID=16A0-0B06 /boot/efi vfat\n' >/mnt/etc/fstab
        cp /bin/busybox /mnt/bin/
        printf '#!/bin/busybox sh\nexec /bin/busybox cp /etc/fstab /boot/efi/made\n' >/mnt/usr/sbin/update-initramfs
        chmod 755 /mnt/usr/sbin/update-initramfs
        umount /mnt
        mount /dev/nvme0n1p2 /mnt
        mkdir -p /mnt/EFI/debian
        echo search.fs_uuid 6f1f6ee4-1f1c-4a52-8a7e-0000000000a1 root >/mnt/EFI/debian/grub.cfg
        umount /mnt
        rescuekit clone /dev/nvme0n1 /tmp/copy --new-ids --quiet
        loop=$(losetup --find --show --partscan /tmp/copy)
        until [ -b ${loop}p6 ]; do sleep 0.1; done
        for number in 1 2 3 4 5 6; do
            id=$(blkid --probe --match-tag UUID --output value ${loop}p$number)
            [ -n "$id" ] && [ "$id" != "$(blkid --probe --match-tag UUID --output value /dev/nvme0n1p$number)" ]
        done
        mount -o ro ${loop}p2 /mnt
        id=$(blkid --probe --match-tag UUID --output value ${loop}p1)
        grep -q "fs_uuid $id root" /mnt/EFI/debian/grub.cfg
        grep -q "UUID=$id / ext4" /mnt/made
        umount /mnt
        losetup --detach $loop
        rm /tmp/copy
        sgdisk -Z /dev/nvme0n1
        ! grep rescuekit-system /proc/mounts
        """;

    private const string ACopyOfAVolumeGroupWithIdsOfItsOwn = """
        set -e
        printf 'size=64M\nsize=300M, type=V\n' | sfdisk -q --label gpt /dev/nvme0n1
        mke2fs -q -F -t ext4 -U 6f1f6ee4-1f1c-4a52-8a7e-0000000000a1 /dev/nvme0n1p1
        pvcreate -q /dev/nvme0n1p2
        vgcreate -q web-vg /dev/nvme0n1p2
        lvcreate -q -y -L 100M -n root web-vg
        lvcreate -q -y -L 40M -n data web-vg
        lvcreate -q -y -L 16M -n swap web-vg
        for name in root data; do mke2fs -q -F -t ext4 /dev/web-vg/$name; done
        mkswap /dev/web-vg/swap
        mount /dev/web-vg/root /mnt
        mkdir -p /mnt/etc/lvm/backup /mnt/bin /mnt/usr/sbin /mnt/boot /mnt/srv /mnt/dev /mnt/proc /mnt/sys /mnt/run /mnt/tmp
        printf '/dev/mapper/web--vg-root / ext4\nUUID=6f1f6ee4-1f1c-4a52-8a7e-0000000000a1 /boot ext4\n/dev/web-vg/data /srv ext4\n/dev/mapper/web--vg-swap none swap\n' >/mnt/etc/fstab
        echo /dev/web-vg/root >/mnt/etc/lvm/backup/web-vg
        cp /bin/busybox /mnt/bin/
        printf '#!/bin/busybox sh\nset -e\n[ -b /dev/web-v1/root ]\n[ -b /dev/mapper/web--v1-data ]\n[ -c /dev/mapper/control ]\n/bin/busybox cp /etc/fstab /boot/made\n/bin/busybox cp /etc/fstab /srv/made\n' >/mnt/usr/sbin/update-initramfs
        chmod 755 /mnt/usr/sbin/update-initramfs
        umount /mnt
        vgchange -q -an web-vg
        rescuekit clone /dev/nvme0n1 /tmp/copy --new-ids --quiet
        ! dmsetup ls | grep web
        loop=$(losetup --find --show --partscan /tmp/copy)
        until [ -b ${loop}p2 ]; do sleep 0.1; done
        for group in web-vg web-v1; do vgchange -q -ay $group; done
        for name in root data swap; do
            id=$(blkid --probe --match-tag UUID --output value /dev/web-v1/$name)
            [ -n "$id" ] && [ "$id" != "$(blkid --probe --match-tag UUID --output value /dev/web-vg/$name)" ]
        done
        [ "$(vgs --noheadings -o vg_uuid web-vg)" != "$(vgs --noheadings -o vg_uuid web-v1)" ]
        mount -o ro /dev/web-v1/root /mnt
        cp /mnt/etc/fstab /tmp/fstab
        grep -q '^/dev/web-vg/root' /mnt/etc/lvm/backup/web-vg
        umount /mnt
        printf '/dev/mapper/web--v1-root / ext4\nUUID=%s /boot ext4\n/dev/web-v1/data /srv ext4\n/dev/mapper/web--v1-swap none swap\n' $(blkid --probe --match-tag UUID --output value ${loop}p1) | cmp - /tmp/fstab
        for node in ${loop}p1 /dev/web-v1/data; do
            mount -o ro $node /mnt
            cmp /mnt/made /tmp/fstab
            umount /mnt
        done
        for group in web-vg web-v1; do vgchange -q -an $group || (sleep 1 && vgchange -q -an $group); done
        losetup --detach $loop
        rm /tmp/copy /tmp/fstab
        vgremove -q -y web-vg
        pvremove -q /dev/nvme0n1p2
        sgdisk -Z /dev/nvme0n1
        ! grep rescuekit-system /proc/mounts
        """;

    private const string WhatIsUsedInLuks = """
        set -e
        echo -n secret >/tmp/key
        cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/nvme0n1 /tmp/key
        cryptsetup open --key-file /tmp/key /dev/nvme0n1 opened
        mke2fs -q -F -t ext4 /dev/mapper/opened
        cryptsetup close opened
        rescuekit image create /dev/nvme0n1 /tmp/spare.rki --unlock 0:/tmp/key --quiet
        [ $(stat -c %s /tmp/spare.rki) -lt 100000000 ]
        ! dmsetup ls | grep unlocked
        rm /tmp/spare.rki /tmp/key
        wipefs -aq /dev/nvme0n1
        """;

    /// <summary>Each makes or changes something real on the spare disk or asks the machine; what matters is that it runs to a good end.</summary>
    [Theory]
    [InlineData("lsblk --json | grep -q vda")]
    [InlineData("mke2fs -q -F -t ext4 /dev/nvme0n1 && e2fsck -fn /dev/nvme0n1 && mount /dev/nvme0n1 /mnt && umount /mnt")]
    [InlineData("mkntfs -q -Q -F /dev/nvme0n1 && ntfsfix -n /dev/nvme0n1 && mount -t ntfs-3g /dev/nvme0n1 /mnt && umount /mnt")]
    [InlineData("mkfs.fat -I /dev/nvme0n1 >/dev/null && fsck.fat -n /dev/nvme0n1 && mount /dev/nvme0n1 /mnt && umount /mnt")]
    [InlineData("mkfs.exfat /dev/nvme0n1 >/dev/null && fsck.exfat -n /dev/nvme0n1 && mount /dev/nvme0n1 /mnt && umount /mnt")]
    [InlineData("mkfs.xfs -q -f /dev/nvme0n1 && xfs_repair -n /dev/nvme0n1 && mount /dev/nvme0n1 /mnt && umount /mnt")]
    [InlineData("mkfs.btrfs -q -f /dev/nvme0n1 && btrfs check /dev/nvme0n1 && mount /dev/nvme0n1 /mnt && umount /mnt")]
    [InlineData("wipefs -aq /dev/nvme0n1 && pvcreate -q /dev/nvme0n1 && vgcreate -q group /dev/nvme0n1 && lvcreate -q -y -l 4 -n volume group && [ -b /dev/group/volume ] && lvm vgremove -q -y group && pvremove -q /dev/nvme0n1")]
    [InlineData("mdadm --create /dev/md9 --run --level=1 --raid-devices=2 --metadata=1.2 /dev/nvme0n1 missing && mdadm --detail /dev/md9 && mdadm --stop /dev/md9 && mdadm --zero-superblock /dev/nvme0n1")]
    [InlineData("echo -n secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/nvme0n1 - && echo -n secret | cryptsetup open --readonly /dev/nvme0n1 opened - && [ -b /dev/mapper/opened ] && cryptsetup close opened && wipefs -aq /dev/nvme0n1")]
    [InlineData("sgdisk -n 1:0:0 /dev/nvme0n1 && gdisk -l /dev/nvme0n1 && sgdisk -Z /dev/nvme0n1")]
    [InlineData("smartctl -i /dev/nvme0n1 | grep -q SPARE")]
    [InlineData("efibootmgr --version")]
    [InlineData("ssh -V")]
    [InlineData("sshfs --version")]
    [InlineData("mount.nfs -V")]
    [InlineData("mount.cifs -V")]
    [InlineData("ip -4 -o address show dev eth0 | grep -q 10.0.2")]
    [InlineData("less --version")]
    [InlineData("vi --help 2>&1 | grep -q 'Edit FILE'")]
    [InlineData("ddrescue --version")]
    [InlineData("rescuekit disk list --json | grep -q SPARE")]
    [InlineData(FilesOutOfAnImage)]
    [InlineData(ASmallerDisk)]
    [InlineData(ACopyWithIdsOfItsOwn)]
    [InlineData(WhatIsUsedInLuks)]
    public void A_tool_runs(string script) => session.Must(script);

    [Fact]
    public void A_volume_group_on_a_copy_gets_a_name_and_ids_of_its_own() => session.Must(ACopyOfAVolumeGroupWithIdsOfItsOwn);

    [Theory]
    [InlineData("cifs")]
    [InlineData("nfsv4")]
    [InlineData("nfsv3")]
    [InlineData("fuse")]
    [InlineData("dm_crypt")]
    [InlineData("raid456")]
    [InlineData("8021q")]
    public void A_module_loads_with_all_that_it_needs(string module) => session.Must($"modprobe {module} && grep -q '^{module} ' /proc/modules");

    /// <summary>The network script runs with another kernel command line in the place of the real one; a VLAN stands for a second wired port.</summary>
    [Theory]
    [InlineData("rescuekit.port=second rescuekit.ip=192.0.2.7/24,,192.0.2.53", "second", "192.0.2.7/24")]
    [InlineData("rescuekit.port=second rescuekit.vlan=7 rescuekit.ip=192.0.2.8/24", "second.7", "192.0.2.8/24")]
    public void The_kernel_command_line_gives_a_wired_port_its_address(string words, string port, string address)
    {
        var said = session.Must($"""
            set -e
            modprobe 8021q
            ip link add link eth0 name second type vlan id 2
            cp /etc/resolv.conf /tmp/resolv.conf
            echo '{words}' >/tmp/cmdline
            mount --bind /tmp/cmdline /proc/cmdline
            /usr/lib/rescuekit/network || echo failed
            umount /proc/cmdline
            ip -d -o address show dev {port}; ip -d link show {port}; cat /etc/resolv.conf
            cp /tmp/resolv.conf /etc/resolv.conf
            ip link delete second
            """);
        Assert.Contains($" {address} ", said, StringComparison.Ordinal);
        Assert.Contains(words.Contains("vlan", StringComparison.Ordinal) ? "802.1Q id 7" : "nameserver 192.0.2.53", said, StringComparison.Ordinal);
        Assert.DoesNotContain("failed", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Firmware_that_the_media_were_built_with_is_where_the_kernel_looks_for_it()
    {
        Assert.Equal(MediaImage.FirmwareText, session.Must($"cat /lib/firmware/{MediaImage.FirmwareFile}"));
    }

    [Fact]
    public void Every_program_has_its_libraries()
    {
        var missing = session.Must("for file in /usr/bin/* /usr/sbin/*; do /lib64/ld-linux-x86-64.so.2 --list $file 2>/dev/null | grep 'not found' && echo $file; done; true");
        Assert.Equal("", missing);
    }

    [Fact]
    public void A_shell_has_its_locale_and_says_nothing_when_it_starts()
    {
        Assert.Equal("", session.Must("LC_ALL=C.UTF-8 sh -c true 2>&1")); // a shell that misses its locale complains each time it is started
    }

    [Fact]
    public void What_watches_for_devices_writes_into_its_log_and_not_over_the_UI()
    {
        var outputs = session.Must("for id in $(grep -l '^uevent' /proc/[0-9]*/cmdline | cut -d / -f 3); do readlink /proc/$id/fd/1; readlink /proc/$id/fd/2; done | sort -u");
        Assert.Equal("/run/rescuekit/log/devices", outputs.Trim());
    }

    [Fact]
    public void Nothing_of_the_machines_disks_is_mounted_swapped_to_or_assembled()
    {
        Assert.DoesNotContain("/dev/vd", session.Must("cat /proc/mounts /proc/swaps; ls /dev/mapper; cat /proc/mdstat 2>/dev/null; true"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernel_command_lines_keyboard_layout_is_in_use()
    {
        // Key 21 is y on an English keyboard and z on a German one; it lies at 7 + 256 + 2 * 21 of what dumpkmap writes.
        Assert.Equal("de", session.Must("cat /run/rescuekit/keyboard").Trim());
        Assert.Equal("z", session.Must("dumpkmap </dev/tty1 | dd bs=1 skip=305 count=1 2>/dev/null"));
    }

    /// <summary>The picture that the screen gets, dot by dot: each sign is one of the console's font.</summary>
    [Fact]
    public void The_screen_shows_the_UI_and_has_every_sign_of_it()
    {
        var screen = session.WaitForScreen("▸ Restore a disk");
        Assert.Contains("UEFI, Secure Boot off", screen, StringComparison.Ordinal);
        Assert.Contains("────", screen, StringComparison.Ordinal);
        Assert.Contains("↑↓ choose", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("\ufffd", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void The_system_takes_little_memory()
    {
        var available = long.Parse(session.Must("awk '/MemAvailable/ { print $2 }' /proc/meminfo"), CultureInfo.InvariantCulture);
        Assert.True(available > 400 * 1024, $"{available} KiB of 1 GiB are left");
    }
}
