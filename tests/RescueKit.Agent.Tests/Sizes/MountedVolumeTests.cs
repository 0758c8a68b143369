using RescueKit.Agent.Sizes;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Sizes;

public sealed class MountedVolumeTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTools _tools = new();
    private readonly string _volume;
    private string _mountedAt = "";

    public MountedVolumeTests()
    {
        _volume = SparseFile.Create(_folder.File("volume"), 1 << 20);
        var loop = SparseFile.Create(_folder.File("loop"), 1 << 20);
        _tools.On("blkid", "0f0e0d0c-0b0a-0908-0706-050403020100\n").On("losetup --find", $"{loop}\n").On("findmnt", $"{loop}\n").On("mount -t", call =>
        {
            _mountedAt = call.Arguments[^1];
            File.WriteAllText(Path.Combine(_mountedAt, "file"), ""); // as what is mounted, it keeps the folder from being taken away
            return new ToolOutcome(0, "", "");
        });
    }

    public void Dispose()
    {
        if (Directory.Exists(_mountedAt)) Directory.Delete(_mountedAt, recursive: true);
        _folder.Dispose();
    }

    [Fact]
    public void What_cannot_be_unmounted_is_let_go_of_and_its_loop_device_too()
    {
        _tools.On("umount -l", _ => Unmounted()).On("umount", exitCode: 32, error: "target is busy");
        var mounted = MountedVolume.Btrfs(_tools, _volume, readOnly: false);
        mounted.Pause = TimeSpan.Zero;
        mounted.Dispose();
        Assert.False(Directory.Exists(_mountedAt));
        Assert.Contains(_tools.Lines, line => line.StartsWith("losetup --detach", StringComparison.Ordinal));
    }

    [Fact]
    public void What_stays_mounted_is_an_error_and_its_loop_device_is_detached()
    {
        _tools.On("umount", exitCode: 32, error: "target is busy");
        var mounted = MountedVolume.Btrfs(_tools, _volume, readOnly: false);
        mounted.Pause = TimeSpan.Zero;
        Assert.Contains(_mountedAt, Assert.Throws<DeviceException>(mounted.Dispose).Message, StringComparison.Ordinal);
        Assert.Contains(_tools.Lines, line => line.StartsWith("losetup --detach", StringComparison.Ordinal));
    }

    [Fact]
    public void A_loop_device_is_detached_where_it_cannot_be_synced()
    {
        var view = new LoopView(_tools, _volume, new Extent(0, 1 << 20));
        File.Delete(view.Path);
        Assert.Contains(_volume, Assert.Throws<DeviceException>(view.Dispose).Message, StringComparison.Ordinal);
        Assert.Contains($"losetup --detach {view.Path}", _tools.Lines);
    }

    private ToolOutcome Unmounted()
    {
        File.Delete(Path.Combine(_mountedAt, "file"));
        return new ToolOutcome(0, "", "");
    }
}
