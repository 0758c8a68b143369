using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>
/// Disks that are pulled while they are in use. Two of them at the very start and for good: while their runs wait in vain, for a minute,
/// the other tests of the class have the machine.
/// </summary>
public sealed class GuestUnplugMachine : GuestMachine
{
    private const int Mebibytes = 16;
    private const string TwinSerial = "DD5641988396A";

    public GuestUnplugMachine(GuestSystem system) : base(system)
    {
        Add("usb", GuestBus.Usb, "ROAMUSB1");
        Add("scsi", GuestBus.Scsi, "ROAMSCSI");
        Add("virtio", GuestBus.Virtio, "ROAMVIRT");
        Add("nvme", GuestBus.Nvme, "ROAMNVME");
        Add("away", GuestBus.Scsi, "AWAY0001");
        Add("twin1", GuestBus.Usb, TwinSerial);
        Add("twin2", GuestBus.Usb, TwinSerial, attached: false);
        Add("target", GuestBus.Scsi, "TARGET01");
        Add("spare", GuestBus.Virtio, "SPARE001");
    }

    /// <summary>A backup whose disk does not come back.</summary>
    internal Task<GuestResult> StaysAway { get; private set; } = null!;

    /// <summary>A backup whose disk does not come back, while another with the same serial is there all along.</summary>
    internal Task<GuestResult> TwinStays { get; private set; } = null!;

    /// <summary>Starts a backup, and pulls its disk once a part of it is stored.</summary>
    internal static Task<GuestResult> PullInTheMiddle(Guest guest, GuestDisk disk, string path, string image)
    {
        guest.Limit(disk, 4 * GuestDisks.MiB);
        var run = guest.Start($"rescuekit image create {path} /tmp/{image} --codec none --json");
        guest.Until($"[ $(stat -c %s /tmp/{image} 2>/dev/null || echo 0) -gt {3 * GuestDisks.MiB} ]", run);
        guest.Unplug(disk);
        guest.Limit(disk, 0);
        return run;
    }

    private protected override void Prepare(Guest guest)
    {
        StaysAway = PullInTheMiddle(guest, Disk("away"), guest.Path(Disk("away")), "away.rki");
        var first = guest.Path(Disk("twin1")); // while it is the only one
        guest.Plug(Disk("twin2"));
        guest.Until($"[ $(cat /sys/bus/usb/devices/*/serial | grep -c {TwinSerial}) = 2 ] && [ $(ls /sys/block | grep -c ^sd) -ge 5 ]");
        TwinStays = PullInTheMiddle(guest, Disk("twin1"), first, "twin.rki");
    }

    private void Add(string name, GuestBus bus, string serial, bool attached = true) =>
        Add(new GuestDisk(name, GuestDisks.Unrecognised(Folder, name, Mebibytes, name.Length), bus) { Serial = serial, Attached = attached });
}

[Collection(GuestTests.Name), Trait(TestScale.Tier, TestScale.Wide)]
public sealed class GuestUnplugTests(GuestUnplugMachine machine) : IClassFixture<GuestUnplugMachine>
{
    private Guest Guest => machine.Guest;

    [Theory]
    [InlineData("usb")]
    [InlineData("scsi")]
    [InlineData("virtio")]
    [InlineData("nvme")]
    public void A_disk_that_vanishes_and_returns_is_picked_up_again_and_the_image_completes(string name)
    {
        var run = GuestUnplugMachine.PullInTheMiddle(Guest, machine.Disk(name), machine.Path(name), $"{name}.rki");
        Guest.Plug(machine.Disk(name));
        var done = Guest.Wait(run);
        Assert.True(done.ExitCode == 0, done.Everything);
        Holds($"{name}.rki", name);
    }

    [Fact]
    public void A_disk_that_stays_away_ends_the_run_which_goes_on_when_it_is_back()
    {
        var ended = Guest.Wait(machine.StaysAway);
        Assert.True(ended.ExitCode == 1, ended.Everything);
        Assert.Contains("has vanished and has not come back within 60 s", ended.Everything, StringComparison.Ordinal);
        Assert.Contains("--resume", ended.Everything, StringComparison.Ordinal);
        Assert.Equal("device_gone", Kind(ended));
        Guest.Plug(machine.Disk("away"));
        Guest.Must($"rescuekit image create {machine.Path("away")} /tmp/away.rki --codec none --resume");
        Holds("away.rki", "away");
    }

    /// <summary>Cheap docks give all their disks one serial: taking the twin's blocks for the rest of the image would mix two disks.</summary>
    [Fact]
    public void A_disk_with_the_same_serial_that_was_there_all_along_is_not_taken_for_it()
    {
        var ended = Guest.Wait(machine.TwinStays);
        Assert.True(ended.ExitCode == 1, ended.Everything);
        Assert.Equal("device_gone", Kind(ended));
    }

    [Fact]
    public void A_target_that_is_unplugged_fails_the_restore_in_plain_words()
    {
        var (disk, target) = (machine.Disk("target"), machine.Path("target"));
        Guest.Limit(disk, 4 * GuestDisks.MiB);
        var run = Guest.Start($"rescuekit clone {machine.Path("spare")} {target} --confirm ET01 --json");
        Guest.Until($"[ $(awk '{{ print $7 }}' /sys/block/{Path.GetFileName(target)}/stat) -gt 6000 ]", run); // sectors written
        Guest.Unplug(disk);
        var ended = Guest.Wait(run);
        Assert.True(ended.ExitCode == 1, ended.Everything);
        Assert.Equal("device_gone", Kind(ended));
        Assert.Contains($"{target} is gone: it was unplugged", ended.Everything, StringComparison.Ordinal);
        Assert.Contains("is incomplete and can be neither booted nor mounted", ended.Everything, StringComparison.Ordinal);
    }

    /// <summary>Written back onto a disk, the image gives the pulled disk's very bytes.</summary>
    private void Holds(string image, string name)
    {
        Guest.Must($"rescuekit image restore /tmp/{image} {machine.Path("spare")} --confirm E001 && rm /tmp/{image}");
        Assert.Equal(MatrixDisk.Digest(machine.File(name)), MatrixDisk.Digest(machine.File("spare")));
    }

    private static string? Kind(GuestResult ended)
    {
        using var document = JsonDocument.Parse(ended.Output);
        return document.RootElement.GetProperty("kind").GetString();
    }
}
