using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>A disk with one partition of each kind of file system that the guest's kernel mounts, its image, and a kernel whose NBD disks have no partitions.</summary>
public sealed class GuestNbdMachine : GuestMachine
{
    internal static readonly (string Kind, int Mebibytes)[] Volumes = [("ext4", 40), ("xfs", 96), ("btrfs", 128), ("vfat", 40)];

    public GuestNbdMachine(GuestSystem system) : base(system)
    {
        var disk = SparseFile.Create(Folder.File("all"), (Volumes.Sum(volume => volume.Mebibytes) + 2L) * GuestDisks.MiB);
        Tool.Must("sgdisk", ["--new=1:1M:+40M", "--new=2:0:+96M", "--new=3:0:+128M", "--new=4:0:+40M", disk]);
        var start = 1;
        foreach (var (kind, mebibytes) in Volumes)
        {
            var volume = SparseFile.Create(Folder.File(kind), mebibytes * (long)GuestDisks.MiB);
            Tool.Must(new ToolRequest("mkfs." + kind, [.. kind == "ext4" ? (string[])["-q", "-F"] : kind == "vfat" ? ["-F", "32"] : ["-q"], volume]) { Environment = XfsImages.AllowSmall });
            Tool.Must("dd", "if=" + volume, "of=" + disk, "bs=1M", $"seek={start}", "conv=notrunc,sparse", "status=none");
            start += mebibytes;
        }
        Add(new GuestDisk("all", disk, GuestBus.Virtio) { Serial = "ALLKINDS" });
    }

    private protected override void Prepare(Guest guest) => guest.Must($$"""
        set -e
        number=0
        for kind in {{string.Join(' ', Volumes.Select(volume => volume.Kind))}}; do
            number=$((number + 1))
            mount -t $kind {{guest.Path(Disk("all"))}}$number /mnt
            mkdir -p /mnt/etc/deep
            echo "$kind" >/mnt/etc/deep/name
            for i in 1 2 3 4 5 6 7 8; do dd if=/dev/urandom of=/mnt/etc/file$i bs=200k count=$i 2>/dev/null; done
            (cd /mnt && find . -type f | sort | xargs sha256sum >/tmp/sums && mv /tmp/sums /mnt/sums)
            umount /mnt
        done
        rescuekit image create {{guest.Path(Disk("all"))}} /tmp/all.rki --quiet
        rmmod nbd
        insmod {{Module}} max_part=0
        mkdir /point
        """);

    internal const string Module = "$(cut -d ' ' -f 1 /modules/order | grep '/nbd[.]ko')";
}

/// <summary>Files out of images where the kernel has NBD disks and there is no nbdfuse, as on the rescue media.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestNbdTests(GuestNbdMachine machine) : IClassFixture<GuestNbdMachine>
{
    private const string Functions = """
        nothing_is_left() {
            ! grep -E ' /point |/tmp/rescuekit-|nbd' /proc/mounts || return 1
            ! ls /sys/block/nbd*/pid 2>/dev/null || return 1
            ! ls -d /tmp/rescuekit-* 2>/dev/null
        }
        mount_it() { # sets program
            rescuekit image mount /tmp/all.rki:1 /point >/tmp/mount.out 2>&1 &
            program=$!
            until grep -q ' /point ' /proc/mounts; do kill -0 $program || { cat /tmp/mount.out; exit 40; }; sleep 0.1; done
        }

        """;

    private Guest Guest => machine.Guest;

    [Fact]
    public void Files_of_every_kind_are_listed_and_copied_and_no_disk_stays_in_use()
    {
        for (var number = 1; number <= (TestScale.IsWide ? GuestNbdMachine.Volumes.Length : 1); number++)
        {
            Guest.Must($"""
                {Functions}set -e
                [ "$(rescuekit image ls /tmp/all.rki:{number} /etc/deep | grep -c name)" = 1 ]
                mkdir /tmp/got
                rescuekit image get /tmp/all.rki:{number} / /tmp/got
                cd /tmp/got
                [ "$(wc -l <sums)" = 9 ]
                sha256sum -c -s sums
                [ "$(cat etc/deep/name)" = {GuestNbdMachine.Volumes[number - 1].Kind} ]
                rm -r /tmp/got
                nothing_is_left
                """);
        }
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_mount_is_read_only_and_goes_with_an_interrupt_or_an_unmount()
    {
        Guest.Must($"""
            {Functions}mount_it
            [ "$(cat /sys/block/nbd0/ro)" = 1 ] || exit 41
            ! touch /point/new 2>/dev/null || exit 42
            (cd /point && sha256sum -c -s sums) || exit 43
            kill -TERM $program
            wait $program
            nothing_is_left || exit 44
            mount_it
            umount /point
            wait $program && nothing_is_left
            """);
    }

    /// <summary>With somebody who reads all the while, too: nobody may hang for good.</summary>
    [Fact]
    public void When_the_process_is_killed_reads_fail_and_the_mount_can_be_taken_away()
    {
        Guest.Must($"""
            {Functions}mount_it
            cat /point/sums >/dev/null || exit 45
            (while cat /point/etc/file* >/dev/null 2>&1; do echo 3 >/proc/sys/vm/drop_caches; touch /tmp/read; done) &
            reader=$!
            until [ -e /tmp/read ]; do kill -0 $reader || exit 47; sleep 0.1; done
            rm /tmp/read
            kill -0 $reader || exit 46
            kill -KILL $program
            wait $program
            wait $reader
            echo 3 >/proc/sys/vm/drop_caches
            ! cat /point/etc/file7 >/dev/null 2>&1 || exit 48
            umount /point || exit 49
            rm -r /tmp/rescuekit-volume-*
            nothing_is_left || exit 50
            rescuekit image ls /tmp/all.rki:1 /etc | grep file8 || exit 51
            nothing_is_left
            """);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_disk_that_is_in_use_is_left_to_its_user()
    {
        Guest.Must($"""
            {Functions}mount_it
            rescuekit image ls /tmp/all.rki:2 /etc | grep -q file8 || exit 52
            cat /point/etc/file3 >/dev/null || exit 53
            umount /point
            wait $program && nothing_is_left
            """);
    }

    /// <summary>What is written to it stays beside the image, for the next time.</summary>
    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void The_usual_client_makes_a_disk_of_a_served_image()
    {
        Guest.Must("""
            set -e
            sha256sum /tmp/all.rki >/tmp/image.sum
            serve() {
                rescuekit image serve /tmp/all.rki --partition 1 --socket /tmp/served --overlay /tmp/changes --once >/tmp/serve.out 2>&1 &
                server=$!
                until [ -S /tmp/served ]; do kill -0 $server || { cat /tmp/serve.out; exit 60; }; sleep 0.1; done
                nbd-client -unix /tmp/served /dev/nbd1
                until [ -e /sys/block/nbd1/pid ]; do sleep 0.1; done
                mount -t ext4 /dev/nbd1 /mnt
            }
            end() {
                umount /mnt
                nbd-client -d /dev/nbd1
                wait $server
            }
            serve
            (cd /mnt && sha256sum -c -s sums)
            echo more >/mnt/more
            end
            serve
            [ "$(cat /mnt/more)" = more ]
            end
            sha256sum -c -s /tmp/image.sum
            rm /tmp/changes*
            """);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void Where_the_kernel_would_look_for_partitions_it_is_refused()
    {
        Guest.Must($"set -e; rmmod nbd; insmod {GuestNbdMachine.Module}");
        var refused = Guest.Must("rescuekit image ls /tmp/all.rki:1", 1);
        Guest.Must($"set -e; rmmod nbd; insmod {GuestNbdMachine.Module} max_part=0");
        Assert.Contains("modprobe nbd max_part=0", refused.Error, StringComparison.Ordinal);
    }
}
