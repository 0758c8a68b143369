using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The same image boots by every firmware from every medium.</summary>
[Collection(MediaTests.Name)]
public sealed class MediaBootTests(MediaImage media)
{
    internal const string Ready = "RescueKit environment ready on ttyS0";

    [Theory]
    [InlineData(MediaFirmware.Bios)]
    [InlineData(MediaFirmware.Uefi)]
    [InlineData(MediaFirmware.SecureBoot)]
    public void A_stick_boots(MediaFirmware firmware)
    {
        using var machine = new MediaMachine(firmware, MediaMachine.Stick(media.Iso));
        machine.WaitFor(Ready);
    }

    [Theory]
    [InlineData(MediaFirmware.Bios)]
    [InlineData(MediaFirmware.Uefi)]
    [InlineData(MediaFirmware.SecureBoot)]
    public void A_CD_boots(MediaFirmware firmware)
    {
        using var machine = new MediaMachine(firmware, MediaMachine.Cd(media.Iso));
        machine.WaitFor(Ready);
    }

    [Fact]
    public void The_network_boots()
    {
        using var machine = new MediaMachine(MediaFirmware.Bios,
            "-netdev", $"user,id=net,tftp={media.NetworkFolder},bootfile=rescuekit.0", "-device", "virtio-net-pci,netdev=net,bootindex=1");
        machine.WaitFor(Ready);
    }

    [Fact]
    public void The_media_are_small_enough()
    {
        Assert.InRange(new FileInfo(media.Iso).Length, 1, 120L << 20);
    }

    [Fact]
    public void The_same_packages_give_the_same_bytes()
    {
        var again = media.Build("again.iso");
        Assert.True(Tool.Run("cmp", media.Iso, again).Ok, "two builds differ");
    }
}
