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

    /// <summary>
    /// romfile= leaves the card's own firmware out: it is an old iPXE whose Mtftp call does not return a file's size (UEFI 2.10, 24.3.1, wants it),
    /// so that shim takes its whole buffer for the file. The machine's firmware does it right.
    /// </summary>
    [Theory]
    [InlineData(MediaFirmware.Bios, "rescuekit.0", "")]
    [InlineData(MediaFirmware.SecureBoot, "shimx64.efi", ",romfile=")]
    public void The_network_boots(MediaFirmware firmware, string bootFile, string cardOptions)
    {
        using var machine = new MediaMachine(firmware,
            "-netdev", $"user,id=net,tftp={media.NetworkFolder},bootfile={bootFile}",
            "-device", "virtio-net-pci,netdev=net,bootindex=1" + cardOptions);
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
