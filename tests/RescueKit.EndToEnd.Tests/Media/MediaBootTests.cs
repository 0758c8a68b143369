using System.Diagnostics;
using RescueKit.Testing.Tools;
using Xunit.Abstractions;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The same image boots by every firmware from every medium.</summary>
[Collection(MediaTests.Name)]
public sealed class MediaBootTests(MediaImage media, ITestOutputHelper output)
{
    internal const string Ready = "RescueKit environment ready on ttyS0";

    /// <summary>Written sticks are started by UEFI in <see cref="MainJobTests"/>, by BIOS in <see cref="StickTests"/>.</summary>
    public static TheoryData<MediaFirmware> Firmwares() => TestScale.IsWide ? [MediaFirmware.Bios, MediaFirmware.Uefi, MediaFirmware.SecureBoot] : [MediaFirmware.SecureBoot];

    /// <summary>
    /// romfile= leaves the card's own firmware out: it is an old iPXE whose Mtftp call does not return a file's size (UEFI 2.10, 24.3.1, wants it),
    /// so that shim takes its whole buffer for the file. The machine's firmware does it right.
    /// </summary>
    public static TheoryData<MediaFirmware, string, string> Networks() => TestScale.IsWide
        ? new() { { MediaFirmware.Bios, "rescuekit.0", "" }, { MediaFirmware.SecureBoot, "shimx64.efi", ",romfile=" } }
        : new() { { MediaFirmware.Bios, "rescuekit.0", "" } };

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [MemberData(nameof(Firmwares))]
    public void A_stick_boots(MediaFirmware firmware)
    {
        using var machine = new MediaMachine(firmware, MediaMachine.Stick(media.Iso));
        WaitUntilReady(machine);
    }

    [Theory]
    [MemberData(nameof(Firmwares))]
    public void A_CD_boots(MediaFirmware firmware)
    {
        using var machine = new MediaMachine(firmware, MediaMachine.Cd(media.Iso));
        WaitUntilReady(machine);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void The_network_boots(MediaFirmware firmware, string bootFile, string cardOptions)
    {
        using var machine = new MediaMachine(firmware,
            "-netdev", $"user,id=net,tftp={media.NetworkFolder},bootfile={bootFile}",
            "-device", "virtio-net-pci,netdev=net,bootindex=1" + cardOptions);
        WaitUntilReady(machine);
    }

    [Fact]
    public void The_media_are_small_enough()
    {
        Assert.InRange(new FileInfo(media.Iso).Length, 1, 120L << 20);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void The_same_packages_give_the_same_bytes()
    {
        var again = media.Build("again.iso");
        Assert.True(Tool.Run("cmp", media.Iso, again).Ok, "two builds differ");
    }

    /// <summary>Notes the time that README's table has; a busy machine must not fail the test.</summary>
    private void WaitUntilReady(MediaMachine machine)
    {
        var start = Stopwatch.GetTimestamp();
        machine.WaitFor(Ready);
        machine.WaitFor("s after the kernel started");
        var line = machine.Said.Split('\n').Last(said => said.Contains(Ready, StringComparison.Ordinal));
        output.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s after power-on: {line.Trim()}");
    }
}
