using RescueKit.Agent.Ids;

namespace RescueKit.Agent.Tests.Ids;

public class FstabEntryTests
{
    [Fact]
    public void Lines_are_read_as_mount_reads_them()
    {
        var entries = FstabEntry.Parse(["# UUID=1 / ext4", "", " UUID=2\t/srv/my\\040data  ext4 noatime,nofail 0 2 ", "UUID=\"3\" none swap sw 0 0", "/dev/sda4 /home btrfs subvol=@home,compress=zstd", "broken line"]);
        Assert.Equal(
            [new FstabEntry("UUID=2", "/srv/my data", "ext4", "noatime,nofail"), new FstabEntry("UUID=3", "none", "swap", "sw"), new FstabEntry("/dev/sda4", "/home", "btrfs", "subvol=@home,compress=zstd")],
            entries);
        Assert.Equal([true, false, true], entries.Select(entry => entry.IsMounted));
        Assert.Equal(["", "", "subvol=@home"], entries.Select(entry => entry.Subvolume));
    }

    /// <summary>Paths with such would be no paths, or others than a person reads.</summary>
    [Fact]
    public void What_no_path_can_be_is_left_out() =>
        Assert.Equal("/srv", Assert.Single(FstabEntry.Parse([@"UUID=1 /a\000b ext4", @"UUID=2 /a\012b ext4", @"UUID=\0333 /c ext4", "UUID=4 /srv ext4"])).Point);

    [Theory]
    [InlineData("subvol=@home,rw", "subvol=@home")]
    [InlineData("rw,subvolid=256", "subvolid=256")]
    [InlineData("subvolume=x,subvols", "")]
    [InlineData("dev,suid,X-mount.mkdir", "")]
    public void Of_options_a_subvolume_alone_counts(string options, string expected) => Assert.Equal(expected, new FstabEntry("UUID=1", "/srv", "btrfs", options).Subvolume);

    [Theory]
    [InlineData("UUID=1", false, false)]
    [InlineData("LABEL=data", true, false)]
    [InlineData("PARTLABEL=data", true, false)]
    [InlineData("/dev/disk/by-label/data", true, false)]
    [InlineData("/dev/sda1", false, true)]
    [InlineData("/dev/nvme0n1p2", false, true)]
    [InlineData("/dev/mapper/vg0-root", false, false)]
    [InlineData("server:/export", false, false)]
    public void What_two_disks_have_in_common_is_known(string device, bool byLabel, bool byPlace)
    {
        var entry = new FstabEntry(device, "/srv", "ext4", "defaults");
        Assert.Equal((byLabel, byPlace), (entry.IsByLabel, entry.IsByPlace));
    }
}
