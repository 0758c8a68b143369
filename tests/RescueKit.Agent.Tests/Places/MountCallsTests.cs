using System.Text;
using RescueKit.Agent.Places;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Places;

public class MountCallsTests
{
    [Theory]
    [InlineData("ext4", false, "mount -t ext4 -o ro,noload /dev/sdb1 /m")]
    [InlineData("ext2", false, "mount -t ext4 -o ro,noload /dev/sdb1 /m")]
    [InlineData("XFS", false, "mount -t xfs -o ro,norecovery /dev/sdb1 /m")]
    [InlineData("btrfs", false, "mount -t btrfs -o ro,rescue=nologreplay /dev/sdb1 /m")]
    [InlineData("FAT32", false, "mount -t vfat -o ro /dev/sdb1 /m")]
    [InlineData("exFAT", true, "mount -t exfat -o rw /dev/sdb1 /m")]
    [InlineData("ext4", true, "mount -t ext4 -o rw /dev/sdb1 /m")]
    [InlineData("NTFS", false, "ntfs-3g -o ro /dev/sdb1 /m")]
    public void A_partition_is_mounted_without_replaying_its_journal(string fileSystem, bool writable, string line) =>
        Assert.Equal(line, Line(MountCalls.Partition(new PlaceRequest { Kind = PlaceKind.Partition, Address = "/dev/sdb1", Writable = writable }, fileSystem, "/m")));

    [Theory]
    [InlineData(null)]
    [InlineData("swap")]
    [InlineData("LVM2 physical volume")]
    public void What_cannot_be_mounted_is_refused_by_name(string? fileSystem) =>
        Assert.Throws<UsageException>(() => MountCalls.Partition(new PlaceRequest { Kind = PlaceKind.Partition, Address = "/dev/sdb1" }, fileSystem, "/m"));

    [Fact]
    public void An_NFS_share_that_goes_away_becomes_an_error_and_does_not_hang()
    {
        var request = new PlaceRequest { Kind = PlaceKind.Nfs, Address = "nas:/backup", Writable = true, Options = "vers=3" };
        Assert.Equal("mount -t nfs -o rw,nolock,soft,timeo=100,retrans=2,retry=0,vers=3 nas:/backup /m", Line(MountCalls.Nfs(request, "/m")));
    }

    [Fact]
    public void A_password_is_never_on_a_command_line()
    {
        var smb = new PlaceRequest { Kind = PlaceKind.Smb, Address = "//nas/backup", User = "bob", Password = "hush" };
        Assert.Equal("mount -t cifs -o ro,credentials=/run/c,soft,echo_interval=15,nobrl //nas/backup /m", Line(MountCalls.Smb(smb, "/m", "/run/c")));
        Assert.Equal("username=bob\npassword=hush\n", MountCalls.Credentials(smb));
        Assert.Throws<UsageException>(() => MountCalls.Credentials(smb with { Password = "hush\nuid=0" }));
        var ssh = MountCalls.Ssh(smb with { Kind = PlaceKind.Ssh, Address = "nas:images" }, "/m", "/run/log");
        Assert.Equal("sshfs bob@nas:images /m -o ro,ssh_command=ssh -E /run/log,StrictHostKeyChecking=accept-new,reconnect,ServerAliveInterval=15,ServerAliveCountMax=3,ConnectTimeout=20,password_stdin", Line(ssh));
        Assert.Equal("hush\n", Encoding.UTF8.GetString(ssh.Input.Span));
    }

    [Fact]
    public void A_guest_and_a_key_need_no_password()
    {
        Assert.Equal("mount -t cifs -o ro,guest,soft,echo_interval=15,nobrl //nas/backup /m", Line(MountCalls.Smb(new PlaceRequest { Kind = PlaceKind.Smb, Address = "//nas/backup" }, "/m", null)));
        var ssh = new PlaceRequest { Kind = PlaceKind.Ssh, Address = "root@nas:", Options = "IdentityFile=/root/key" };
        Assert.EndsWith(",BatchMode=yes,IdentityFile=/root/key", Line(MountCalls.Ssh(ssh, "/m", "/run/log")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_volume_out_of_an_image_is_mounted_from_a_device_as_it_is_and_from_a_file_through_a_loop()
    {
        Assert.Equal("mount -t xfs -o ro,norecovery,nouuid,nosuid,nodev /dev/nbd0 /m", Line(Assert.Single(MountCalls.Volume("/dev/nbd0", true, "XFS", "/m"))));
        Assert.Equal("mount -t ext4 -o ro,noload,nosuid,nodev,loop /tmp/v /m", Line(Assert.Single(MountCalls.Volume("/tmp/v", false, "ext4", "/m"))));
        Assert.Equal(["mount -t exfat -o ro,nosuid,nodev /dev/nbd0 /m", "mount -t exfat-fuse -o ro,nosuid,nodev /dev/nbd0 /m"], MountCalls.Volume("/dev/nbd0", true, "exFAT", "/m").Select(Line));
    }

    private static string Line(ToolCall call) => $"{call.Program} {string.Join(' ', call.Arguments)}";
}
