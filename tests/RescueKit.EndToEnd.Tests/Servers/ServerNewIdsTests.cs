using RescueKit.EndToEnd.Tests.Media;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Servers;

/// <summary>A running server's disk is copied onto a second one in the same machine, which is started with both in it.</summary>
[Collection(MediaTests.Name)]
public sealed class ServerNewIdsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <param name="root">"lvm": all of the system is in a logical volume, which GRUB reads it from.</param>
    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("ext4")]
    [InlineData("lvm")]
    public void A_copy_with_ids_of_its_own_starts_beside_the_original(string root)
    {
        var (disk, copy) = (ServerGuest.MakeDisk(_folder.File("disk"), root), ServerGuest.MakeStore(_folder.File("copy")));
        string old;
        using (var server = new ServerGuest(disk, copy))
        {
            server.Equip();
            server.InstallHook();
            old = server.Must(Ids("vda")).Output;
            server.Must("""
                echo original >/etc/which
                sync
                umount /mnt
                id=$(rescuekit disk show /dev/vdb --json | sed -n 's/.*"confirm_id": "\(.*\)".*/\1/p')
                rescuekit clone --hot /dev/vda /dev/vdb --new-ids --confirm "$id" --no-writers --quiet-timeout 1s
                """);
            var ids = server.Must(Ids("vdb")).Output;
            var count = root == "lvm" ? 13 : 12;
            Assert.Equal((count, count), (Words(old).Count, Words(ids).Count));
            Assert.Empty(Words(old).Intersect(Words(ids)));
            server.PowerOff();
        }
        using var both = new ServerGuest(copy, disk);
        // Everything that is mounted or swapped to lies on the first disk, the copy.
        both.Must("""
            echo copy >/etc/which
            for point in / /srv/data /srv/wal /boot/efi; do
                source=$(findmnt --noheadings --output SOURCE $point)
                [ "$(lsblk --noheadings --inverse --raw --output NAME "$source" | tail -n 1)" = vda ]
            done
            [ "$(lsblk --noheadings --inverse --raw --output NAME "$(swapon --noheadings --raw --show=NAME)" | tail -n 1)" = vda ]
            grep -q rescuekit-vda /proc/mounts || dmsetup ls | grep -q rescuekit-vda
            update-initramfs -u
            update-grub
            grub-install /dev/vda
            """);
        if (root == "lvm") Assert.Equal(["vg0", "vg1"], Words(both.Must("vgs --noheadings -o vg_name").Output).Select(name => name.Trim()).Order());
        both.PowerOff();
        using var original = new ServerGuest(disk, copy);
        Assert.Equal("original\n", original.Must("cat /etc/which").Output);
        Assert.Equal(Words(old), Words(original.Must(Ids("vda")).Output));
    }

    /// <summary>Of the table, the partitions and what they hold.</summary>
    private static string Ids(string disk) => $$"""
        blkid --probe --match-tag PTUUID --output value /dev/{{disk}}
        partx --raw --noheadings --output UUID /dev/{{disk}}
        for number in 2 3 4 5 6; do
            node=/dev/{{disk}}$number
            [ -b $node ] || node=/dev/mapper/rescuekit-{{disk}}$number
            blkid --probe --match-tag UUID --output value $node
            [ $number != 2 ] || pvs --noheadings -o vg_uuid --config "devices { filter = [ \"a|^$node\$|\", \"r|.*|\" ] }" $node || true
        done
        """;

    private static List<string> Words(string ids) => [.. ids.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
