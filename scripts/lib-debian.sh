# Shared by the scripts that make disks with a real Debian system: `source` it after lib.sh, do not run it. Needs root.

guests=$ROOT/artifacts/guests

# Makes a Debian 12 system and keeps it, from the archive that this machine uses, by the way it uses.
debian_system() { # TAR PACKAGES [MMDEBSTRAP_ARGUMENT]...
    local tar=$1 packages=$2 sources=bookworm list work
    shift 2
    [ ! -s "$tar" ] || return 0
    mkdir -p "$(dirname "$tar")"
    work=$(mktemp -d "$tar.XXXXXX")
    for list in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do if [ -s $list ]; then sources=$list; fi; done
    apt-config dump Acquire >"$work/acquire"
    set -- "$@" bookworm "$work/system.tar"
    if [ -f "$sources" ]; then set -- "$@" "$sources"; fi
    mmdebstrap --quiet --variant=minbase --mode=root --aptopt="$work/acquire" \
        --include="init,udev,kmod,initramfs-tools,linux-image-cloud-amd64,login,passwd,e2fsprogs,$packages" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook='echo root:rescue | chroot "$1" chpasswd' \
        --customize-hook='echo web1 >"$1/etc/hostname"' \
        --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/cache/apt/*.bin' "$@" || { rm -rf "$work"; return 1; }
    mv "$work/system.tar" "$tar"
    rm -rf "$work"
}

# What GRUB is told, and a program that installs it as process 1 of the new system on its own disk: a boot loader belongs to the disk that
# it is installed from.
prepare_grub() { # ROOT_FOLDER
    cat >"$1/etc/default/grub" <<'END'
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=Debian
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0 no_timer_check"
GRUB_TERMINAL="console serial"
END
    cat >"$1/install-grub" <<'END'
#!/bin/sh
# A file system with a file that is open and removed cannot be mounted read-only: this goes on from a copy in memory.
if [ "$1" != copy ]; then
    mountpoint -q /run || mount -t tmpfs run /run
    cp /install-grub /run/
    exec sh /run/install-grub copy
fi
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -o remount,rw /
if [ -e /boot/efi ] && [ -d /usr/lib/grub/x86_64-efi ]; then
    mount -t vfat /dev/vda1 /boot/efi
    grub-install --target=x86_64-efi --no-nvram # this guest was started by BIOS
else
    grub-install /dev/vda
fi && update-grub && installed=yes
[ ! -d /boot/efi/EFI ] || umount /boot/efi
rm /install-grub
sync
# What is only in a journal GRUB does not find.
mount -o remount,ro / && [ "$installed" = yes ] && echo "grub is installed"
echo o >/proc/sysrq-trigger
sleep 60
END
    chmod 755 "$1/install-grub"
}

install_grub() { # DISK KERNEL INITRD ROOT_PARAMETER CONSOLE_LOG
    timeout 600 qemu-system-x86_64 -nodefaults -machine pc -accel tcg,thread=multi -smp 2 -cpu max -m 1024 -display none -no-reboot -serial stdio \
        -kernel "$2" -initrd "$3" -append "root=$4 ro console=ttyS0 no_timer_check init=/install-grub panic=-1" \
        -drive "file=$1,format=raw,if=virtio,discard=unmap" </dev/null >"$5" 2>&1 || true
    grep -q "grub is installed" "$5" || { tail -n 40 "$5" >&2; die "grub-install failed"; }
}
