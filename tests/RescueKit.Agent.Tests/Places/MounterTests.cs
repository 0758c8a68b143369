using RescueKit.Agent.Places;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Places;

public sealed class MounterTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTools _tools = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_partition_is_set_read_only_before_it_is_mounted_and_given_back_when_it_is_detached()
    {
        var fat = Fat();
        _tools.On("blockdev --getro", "0\n");
        var mounter = new Mounter(_tools, _folder.File("places"));
        var mounted = mounter.Mount("p1", new PlaceRequest { Kind = PlaceKind.Partition, Address = fat });
        Assert.Equal("FAT12", mounted.FileSystem);
        Assert.Equal([$"blockdev --getro {fat}", $"blockdev --setro {fat}", $"mount -t vfat -o ro {fat} {mounted.Point}"], _tools.Lines);
        _tools.Calls.Clear();
        mounter.Unmount(mounted, "it");
        Assert.Equal([$"umount {mounted.Point}", $"blockdev --setrw {fat}"], _tools.Lines);
        Assert.False(Directory.Exists(mounted.Point));
    }

    [Fact]
    public void A_partition_to_write_to_is_not_set_read_only()
    {
        var fat = Fat();
        _tools.On("blockdev --getro", "0\n");
        new Mounter(_tools, _folder.File("places")).Mount("p1", new PlaceRequest { Kind = PlaceKind.Partition, Address = fat, Writable = true });
        Assert.DoesNotContain(_tools.Lines, line => line.StartsWith("blockdev --set", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mount_that_fails_leaves_everything_as_it_was_and_says_why()
    {
        var fat = Fat();
        _tools.On("blockdev --getro", "0\n").On("mount", exitCode: 32, error: "mount: wrong fs type\n");
        var mounter = new Mounter(_tools, _folder.File("places"));
        var error = Assert.Throws<DeviceException>(() => mounter.Mount("p1", new PlaceRequest { Kind = PlaceKind.Partition, Address = fat }));
        Assert.Contains("wrong fs type", error.Message, StringComparison.Ordinal);
        Assert.Equal($"blockdev --setrw {fat}", _tools.Lines.Last());
        Assert.Empty(Directory.GetDirectories(_folder.File("places")));
    }

    [Fact]
    public void The_password_of_a_share_stands_in_a_file_of_its_owners_only_while_it_is_mounted()
    {
        var seen = "";
        UnixFileMode? mode = null;
        _tools.On("mount -t cifs", call =>
        {
            var file = call.Arguments[3].Split(',').Single(option => option.StartsWith("credentials=", StringComparison.Ordinal))["credentials=".Length..];
            (seen, mode) = (File.ReadAllText(file), File.GetUnixFileMode(file));
            return new ToolOutcome(0, "", "");
        });
        new Mounter(_tools, _folder.File("places")).Mount("p1", new PlaceRequest { Kind = PlaceKind.Smb, Address = "//nas/x", User = "bob", Password = "hush" });
        Assert.Equal("username=bob\npassword=hush\n", seen);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
        Assert.Empty(Directory.GetFiles(_folder.File("places")));
    }

    /// <summary>sshfs itself says no more than that the connection was reset.</summary>
    [Fact]
    public void A_folder_over_SSH_that_does_not_mount_is_explained_by_what_ssh_said()
    {
        _tools.On("sshfs", call =>
        {
            var log = call.Arguments[3].Split(',').Single(option => option.StartsWith("ssh_command=", StringComparison.Ordinal)).Split(' ')[^1];
            File.WriteAllText(log, "bob@nas: Permission denied (publickey,password).\r\n");
            return new ToolOutcome(1, "", "read: Connection reset by peer\n");
        });
        var mounter = new Mounter(_tools, _folder.File("places"));
        var error = Assert.Throws<DeviceException>(() => mounter.Mount("p1", new PlaceRequest { Kind = PlaceKind.Ssh, Address = "nas:/images", User = "bob", Password = "x" }));
        Assert.Equal("mounting nas:/images failed: bob@nas: Permission denied (publickey,password).", error.Message);
    }

    [Fact]
    public void What_was_pulled_is_taken_off_even_while_it_is_used()
    {
        var fat = Fat();
        var mounter = new Mounter(_tools, _folder.File("places"));
        var mounted = mounter.Mount("p1", new PlaceRequest { Kind = PlaceKind.Partition, Address = fat, Writable = true });
        mounter.Abandon(mounted);
        Assert.Equal($"umount -l {mounted.Point}", _tools.Lines.Last());
        Assert.False(Directory.Exists(mounted.Point));
    }

    [Fact]
    public void An_address_that_would_be_taken_for_an_option_is_refused() => Assert.Throws<UsageException>(() =>
        new Mounter(_tools, _folder.File("places")).Mount("p1", new PlaceRequest { Kind = PlaceKind.Nfs, Address = "-oProxyCommand=x" }));

    private string Fat()
    {
        var fat = SparseFile.Create(_folder.File("fat.part"), 2 << 20);
        Tool.Must("mkfs.fat", fat);
        return fat;
    }
}
