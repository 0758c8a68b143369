using RescueKit.Agent.Ids;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Ids;

public class MountedSystemTests
{
    private readonly List<string> _inUse = [];

    [Fact]
    public void The_image_chooses_neither_how_it_is_mounted_nor_what_its_programs_see()
    {
        var tools = Tools(root => File.WriteAllText(Path.Combine(root, "etc/fstab"), "UUID=1 /srv fuse.sh defaults\nUUID=2 /home sysfs subvol=@home,dev,suid,subvolume=x\n"));
        string root;
        using (var system = MountedSystem.Find(tools, "/dev/sdx1", "ext4", _inUse)!)
        {
            root = system.Root;
            system.Mount(system.Entries[0], "/dev/sdx2", "XFS");
            system.Mount(system.Entries[1], "/dev/sdx3", "btrfs");
            Assert.Equal(
                [$"mount -t ext4 -o nodev,nosuid /dev/sdx1 {root}", $"mount -t xfs -o nodev,nosuid /dev/sdx2 {root}/srv", $"mount -t btrfs -o nodev,nosuid,subvol=@home /dev/sdx3 {root}/home"],
                tools.Lines);

            system.PrepareForPrograms(["/dev/sdx", "/dev/sdx1"], [("disk/by-uuid/an-id", "/dev/sdx1")]);
            Assert.Contains($"mount -t tmpfs -o mode=755,nosuid tmpfs {root}/dev", tools.Lines);
            var copy = Assert.Single(tools.Calls, call => call.Program == "cp").Arguments;
            Assert.Equal(["/dev/sdx", "/dev/sdx1", $"{root}/dev"], copy.TakeLast(3));
            Assert.Contains("/dev/null", copy);
            Assert.DoesNotContain(tools.Lines, line => line.Contains("--bind", StringComparison.Ordinal) || line.StartsWith("mount -t proc", StringComparison.Ordinal));
            Assert.Equal("/proc/self/fd", new FileInfo($"{root}/dev/fd").LinkTarget);
            Assert.True(Directory.Exists($"{root}/dev/shm"));
            Assert.Equal("../../sdx1", new FileInfo($"{root}/dev/disk/by-uuid/an-id").LinkTarget);

            system.Run("/bin/true", ["-x"], TimeSpan.FromSeconds(1));
            Assert.Equal(
                $"setsid --wait unshare --mount --propagation private --pid --fork --kill-child --net --ipc --mount-proc={root}/proc chroot {root} /bin/true -x", tools.Lines.Last());
        }
        Assert.Empty(_inUse);
        Assert.False(Directory.Exists(root));
    }

    [Fact]
    public void What_is_in_use_still_is_said()
    {
        var tools = new FakeTools().On("umount /", exitCode: 32, error: "target is busy");
        MountedSystem.Alone(tools, "/dev/sdx1", "FAT32", _inUse).Dispose();
        var said = Assert.Single(_inUse);
        Assert.Contains("still in use", said, StringComparison.Ordinal);
        Assert.Contains("target is busy", said, StringComparison.Ordinal);
        Assert.StartsWith("umount -l ", tools.Lines.Last(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mkfifo $0")]
    [InlineData("truncate -s 1T $0")]
    [InlineData("mkdir $0")]
    public async Task An_fstab_that_is_no_text_is_none(string make)
    {
        var tools = Tools(root => Tool.Must("sh", "-c", make, Path.Combine(root, "etc/fstab")));
        var error = await Assert.ThrowsAsync<DeviceException>(() => Task.Run(() => MountedSystem.Find(tools, "/dev/sdx1", "ext4", _inUse)).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("its /etc/fstab is no file of text", error.Message);
    }

    [Theory]
    [InlineData("ext3", true)]
    [InlineData("FAT16", true)]
    [InlineData("exFAT", true)]
    [InlineData("NTFS", false)]
    [InlineData("swap", false)]
    [InlineData(null, false)]
    public void A_system_is_mounted_from_kinds_that_are_known(string? fileSystem, bool expected) => Assert.Equal(expected, MountedSystem.IsMountable(fileSystem));

    /// <summary>Mounting makes folders, and unmounting empties them.</summary>
    private static FakeTools Tools(Action<string> fill) => new FakeTools()
        .On("mount -t ext4", call =>
        {
            foreach (var name in new[] { "etc", "dev", "proc", "sys", "run", "tmp", "srv", "home" }) Directory.CreateDirectory(Path.Combine(call.Arguments[^1], name));
            fill(call.Arguments[^1]);
            return new ToolOutcome(0, "", "");
        })
        .On("umount", call =>
        {
            foreach (var entry in new DirectoryInfo(call.Arguments[^1]).EnumerateFileSystemInfos())
            {
                if (entry is DirectoryInfo { LinkTarget: null } folder) folder.Delete(recursive: true);
                else entry.Delete();
            }
            return new ToolOutcome(0, "", "");
        });
}
