using System.Text.Json;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>
/// Disks that the environment's own tools have prepared: LVM in LUKS, and a RAID1 that was cut off while it was written to and comes back with a member less.
/// Then the environment, freshly booted, with those disks.
/// </summary>
public sealed class ContainerMachine : IDisposable
{
    public const string Passphrase = "correct horse battery";
    public const string FileText = "found inside";

    private readonly TempFolder _folder = new();
    private readonly Lazy<MediaGuest> _guest;
    private readonly Dictionary<string, string> _digests = [];

    public ContainerMachine(MediaImage media)
    {
        (Luks, One, Two, Three, Spare) = (Disk("luks", 256), Disk("one", 64), Disk("two", 64), Disk("three", 64), Disk("spare", 16));
        _guest = new Lazy<MediaGuest>(() =>
        {
            using (var first = new MediaGuest(media, [Luks, One, Two, Three])) Prepare(first);
            foreach (var disk in Prepared) _digests[disk.Id] = Digest(disk);
            return new MediaGuest(media, [.. Prepared, Spare]);
        });
    }

    internal GuestDisk Luks { get; }
    internal GuestDisk One { get; }
    internal GuestDisk Two { get; }

    /// <summary>Not there any more when the array is opened.</summary>
    internal GuestDisk Three { get; }
    internal GuestDisk Spare { get; }
    internal MediaGuest Guest => _guest.Value;

    private IEnumerable<GuestDisk> Prepared => [Luks, One, Two];

    /// <summary>To the last byte.</summary>
    internal void MustBeAsTheyWere() => Assert.All(Prepared, disk => Assert.Equal(_digests[disk.Id], Digest(disk)));

    public void Dispose()
    {
        if (_guest.IsValueCreated) Guest.Dispose();
        _folder.Dispose();
    }

    private GuestDisk Disk(string id, int mebibytes) =>
        new(id, SparseFile.Create(_folder.File(id), (long)mebibytes << 20), GuestBus.Virtio) { Serial = $"{id.ToUpperInvariant()}-DISK" };

    private void Prepare(MediaGuest guest)
    {
        var luks = guest.Node(Luks);
        guest.Must($"""
            set -e
            sgdisk -n 1:0:0 {luks} >&2
            echo -n '{Passphrase}' | cryptsetup luksFormat -q --type luks2 --label 'secret disk' --pbkdf pbkdf2 --pbkdf-force-iterations 1000 {luks}1 -
            echo -n '{Passphrase}' | cryptsetup open --key-file=- {luks}1 prepared
            pvcreate -q /dev/mapper/prepared
            vgcreate -q web-vg /dev/mapper/prepared
            lvcreate -q -L 48M -n root web-vg
            lvcreate -q -L 48M --thinpool pool web-vg
            lvcreate -q -V 64M --thin -n thin web-vg/pool
            for volume in root thin; do
                mke2fs -q -t ext4 /dev/web-vg/$volume
                mount /dev/web-vg/$volume /mnt
                echo '{FileText}' >/mnt/file
                umount /mnt
            done
            lvcreate -q -s -L 8M -n before web-vg/root
            vgchange -an web-vg || (sleep 1 && vgchange -an web-vg) # the thin pool lets go of its parts late
            cryptsetup close prepared
            mdadm --create /dev/md9 --run --level=1 --raid-devices=3 --metadata=1.2 --bitmap=internal --assume-clean --name=web:0 {guest.Node(One)} {guest.Node(Two)} {guest.Node(Three)}
            mke2fs -q -t ext4 /dev/md9
            mount /dev/md9 /mnt
            echo '{FileText}' >/mnt/file
            umount /mnt
            mount /dev/md9 /mnt
            sync
            echo more >/mnt/more
            sync
            """);
    }

    private static string Digest(GuestDisk disk) => Tool.Must("sha256sum", disk.File).Output.Split(' ')[0];
}

/// <summary>LVM, RAID and LUKS are opened read-only, when that is asked for; their disks stay as they are, byte for byte.</summary>
[Collection(MediaTests.Name), Trait(TestScale.Tier, TestScale.Wide)]
public sealed class ContainerTests(ContainerMachine machine) : IClassFixture<ContainerMachine>
{
    private const string Secret = "/tmp/secret";

    private MediaGuest Guest => machine.Guest;

    [Fact]
    public void What_is_on_the_disks_is_listed_and_stays_closed_until_it_is_asked_for()
    {
        var luks = One("luks");
        Assert.Equal(("secret disk", false), (luks.GetProperty("name").GetString(), luks.GetProperty("is_open").GetBoolean()));
        Assert.Equal($"{Guest.Node(machine.Luks)}1", Assert.Single(luks.GetProperty("members").EnumerateArray()).GetString());
        var raid = One("raid");
        Assert.Equal("1 of its 3 members is missing", raid.GetProperty("problem").GetString());
        Assert.Equal(new[] { Guest.Node(machine.One), Guest.Node(machine.Two) }.Order(), raid.GetProperty("members").EnumerateArray().Select(member => member.GetString()).Order());
        Assert.DoesNotContain(Containers(), container => container.GetProperty("kind").GetString() == "lvm");
        MustBeClosed();
    }

    [Fact]
    public void Files_are_read_out_of_LVM_in_LUKS()
    {
        var luks = OpenLuks();
        var group = Guest.Json("rescuekit agent open web-vg --json");
        Assert.Equal(["before", "root", "thin"], group.GetProperty("volumes").EnumerateArray().Select(volume => volume.GetProperty("name").GetString()).Order());
        foreach (var volume in group.GetProperty("volumes").EnumerateArray())
        {
            Assert.Equal("ext4", volume.GetProperty("file_system").GetString());
            var node = volume.GetProperty("node").GetString();
            MustHoldTheFile(node);
            Assert.Equal("1", Guest.Must($"blockdev --getro {node}").Output.Trim());
        }

        Guest.Must("rescuekit agent attach /dev/mapper/web--vg-root");
        Refused("rescuekit agent close web-vg", "is mounted at");
        Guest.Must("rescuekit agent detach /dev/mapper/web--vg-root");
        Refused($"rescuekit agent close {luks}", "LVM web-vg inside it is open");
        Refused($"rescuekit agent execute --line 'clone {Guest.Node(machine.Spare)} {Guest.Node(machine.Luks)} --confirm {MediaGuest.ConfirmId(machine.Luks)}'", "close it first");
        Refused($"rescuekit clone {Guest.Node(machine.Spare)} {Guest.Node(machine.Luks)} --confirm {MediaGuest.ConfirmId(machine.Luks)}", "is in use: partition 1 held by encryption");
        Guest.Must($"rescuekit agent close web-vg && rescuekit agent close {luks}");
        MustBeClosed();
    }

    /// <summary>It was being written to when the power went: its bitmap says so, its journal wants to be replayed.</summary>
    [Fact]
    public void A_file_is_read_out_of_a_RAID1_that_lacks_a_member()
    {
        var opened = Guest.Json($"rescuekit agent open {One("raid").GetProperty("id").GetString()} --json");
        var volume = Assert.Single(opened.GetProperty("volumes").EnumerateArray());
        Assert.Equal("ext4", volume.GetProperty("file_system").GetString());
        var node = volume.GetProperty("node").GetString();
        MustHoldTheFile(node);
        Assert.Contains("(read-only)", Guest.Must("cat /proc/mdstat").Output, StringComparison.Ordinal);
        // md has written nonetheless, the superblock of the bitmap: beside the disks, where it is forgotten.
        Assert.Contains("snapshot 8/", Guest.Must("dmsetup status").Output, StringComparison.Ordinal);
        Assert.DoesNotContain("overlay", Guest.Must("rescuekit disk list --json").Output, StringComparison.Ordinal);
        Refused($"rescuekit clone {Guest.Node(machine.Spare)} {Guest.Node(machine.One)} --confirm {MediaGuest.ConfirmId(machine.One)}", "held by RAID");
        Guest.Must($"rescuekit agent close {opened.GetProperty("id").GetString()}");
        MustBeClosed();
    }

    /// <summary>256 MiB, with LVM in it of which some volumes, and parts of them, are in use.</summary>
    [Fact]
    public void Of_a_LUKS_partition_that_is_opened_only_what_is_used_is_taken()
    {
        Guest.Must($"printf %s '{ContainerMachine.Passphrase}' >{Secret}");
        Guest.Must($"rescuekit agent execute --line 'image create {Guest.Node(machine.Luks)} /tmp/luks.rki --unlock 1:{Secret} --codec none --verify'");
        var image = Guest.Json("rescuekit image info /tmp/luks.rki --json");
        Assert.True(image.GetProperty("complete").GetBoolean());
        Assert.InRange(image.GetProperty("stored_bytes").GetInt64(), 1 << 20, 128 << 20);
        Guest.Must($"rm /tmp/luks.rki* {Secret}");
        MustBeClosed();
    }

    [Fact]
    public void A_wrong_passphrase_is_said_to_be_one_and_leaves_nothing_behind()
    {
        var refused = Guest.Must($"echo wrong >{Secret}; rescuekit agent open 'secret disk' --passphrase-file {Secret}; code=$?; rm {Secret}; exit $code", 3).Error;
        Assert.Contains("the passphrase does not open LUKS secret disk", refused, StringComparison.Ordinal);
        Assert.Contains("keyboard layout", refused, StringComparison.Ordinal);
        MustBeClosed();
    }

    [Fact]
    public void A_host_that_ends_closes_what_it_has_opened_and_no_passphrase_is_in_its_log()
    {
        OpenLuks();
        Guest.Must("rescuekit agent open web-vg && rescuekit agent attach /dev/mapper/web--vg-root");
        Guest.Must("host=$(for id in /proc/[0-9]*; do tr '\\0' ' ' <$id/cmdline | grep -q '^[^ ]*rescuekit agent run' && echo ${id#/proc/}; done | head -n 1); kill -TERM $host; while [ -d /proc/$host ]; do sleep 1; done");
        Guest.Until("rescuekit agent containers >/dev/null");
        MustBeClosed();
        Assert.DoesNotContain(ContainerMachine.Passphrase, Guest.Must("cat /run/rescuekit/log/*").Output, StringComparison.Ordinal);
    }

    private string OpenLuks()
    {
        var opened = Guest.Json($"echo '{ContainerMachine.Passphrase}' >{Secret}; rescuekit agent open 'secret disk' --passphrase-file {Secret} --json; code=$?; rm {Secret}; exit $code");
        Assert.Equal("LVM", Assert.Single(opened.GetProperty("volumes").EnumerateArray()).GetProperty("file_system").GetString());
        return opened.GetProperty("id").GetString()!;
    }

    private void MustHoldTheFile(string? node)
    {
        Assert.Equal(ContainerMachine.FileText, Guest.Must($"cat $(rescuekit agent attach {node})/file").Output.Trim());
        Guest.Must($"rescuekit agent detach {node}");
    }

    private void Refused(string line, string text) => Assert.Contains(text, Guest.Must(line, 4).Error, StringComparison.Ordinal);

    /// <summary>Nothing of it is left, the disks can be written to again, and have not been.</summary>
    private void MustBeClosed()
    {
        Assert.Equal("", Guest.Must("ls /dev/mapper | grep -v control; losetup -a | grep overlay; ls /run/rescuekit/overlays 2>/dev/null; grep ^md /proc/mdstat 2>/dev/null; true").Output);
        Assert.DoesNotContain("1", Guest.Must("blockdev --getro /dev/vd*").Output, StringComparison.Ordinal);
        machine.MustBeAsTheyWere();
    }

    private JsonElement One(string kind) => Assert.Single(Containers(), container => container.GetProperty("kind").GetString() == kind);

    private IReadOnlyList<JsonElement> Containers() => [.. Guest.Json("rescuekit agent containers --json").GetProperty("containers").EnumerateArray()];
}
