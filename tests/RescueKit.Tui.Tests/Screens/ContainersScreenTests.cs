using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Screens;

public class ContainersScreenTests
{
    private readonly FakeRunHost _host = new();

    [Fact]
    public void A_volume_group_is_opened_and_its_volume_attached_for_reading()
    {
        var ui = Open().Choose("LVM vg0").Has("on /dev/sda2, /dev/sde").Press(KeyCode.Enter).Has("open, read-only").Choose("root \"web root\"").Has("/dev/mapper/vg0-root").Press(KeyCode.Enter);
        Assert.Contains("open lvm-id ", _host.Calls);
        Assert.Contains("attach Partition /dev/mapper/vg0-root False  ", _host.Calls);
        Assert.IsType<PlacesScreen>(ui.Model.Top);
        ui.Has("/dev/mapper/vg0-root");
    }

    [Fact]
    public void A_passphrase_is_asked_for_and_never_shown_and_a_wrong_one_can_be_typed_again()
    {
        var ui = Open().Choose("LUKS secret disk").Press(KeyCode.Enter).Has("Keyboard layout: us").Press(KeyCode.Enter).Has("Passphrase:");
        ui.Type("guess").Has("*****").HasNot("guess").Press(KeyCode.Enter).Has("the passphrase does not open LUKS secret disk").Has("It is closed; nothing has been written.").Press(KeyCode.Enter);
        ui.HasNot("*").Type(Samples.Passphrase).Press(KeyCode.Enter).Has("Places · LVM, RAID, LUKS").Has("luks-1a2b3c4d");
        Assert.Contains($"open luks-id {Samples.Passphrase}", _host.Calls);
        Assert.DoesNotContain(ui.Model.Drafts.Values, draft => draft is UnlockScreen);
    }

    [Fact]
    public void One_that_is_open_is_closed_and_what_the_host_refuses_is_said()
    {
        _host.Failing["close"] = FakeRunHost.Refusal("RAID web1:0 is in use: LUKS secret disk inside it is open", "close LUKS secret disk first");
        var ui = Open().Choose("RAID web1:0").Has("! 1 of its 2 members is missing").Type("c").Has("inside it is open").Has("It is still open, read-only.").Press(KeyCode.Enter);
        _host.Failing.Clear();
        ui.Type("c");
        Assert.Equal(2, _host.Calls.Count(call => call == "close raid-id"));
        Assert.IsType<ContainersScreen>(ui.Model.Top);
        ui.Choose("LVM vg0").Type("c");
        Assert.DoesNotContain("close lvm-id", _host.Calls);
    }

    [Fact]
    public void Enter_on_what_holds_no_file_system_attaches_nothing()
    {
        Open().Choose("md127").Press(KeyCode.Enter).Choose("LVM vg0").Press(KeyCode.Enter).Choose("data").Has("writes to the disks").Press(KeyCode.Enter);
        Assert.DoesNotContain(_host.Calls, call => call.StartsWith("attach", StringComparison.Ordinal));
        Assert.Single(_host.Calls, call => call.StartsWith("open", StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_without_any_says_so()
    {
        _host.Containers = [];
        Open().Has("There is no LVM, RAID or LUKS").Press(KeyCode.Enter).Type("c").Press(KeyCode.F1).Has("Keys of this screen");
    }

    [Fact]
    public void A_disk_below_an_open_one_cannot_be_written_over_and_it_is_said_what_to_do()
    {
        _host.Disks = [Samples.Samsung, Samples.Wdc with { Uses = ["partition 1 held by LVM volume vg0-root"] }, Samples.Stick];
        new Driver(_host).Choose("Restore").Press(KeyCode.Enter, KeyCode.Enter, KeyCode.Enter).Choose("WDC").Has("close it first: Places, then o");
    }

    [Fact]
    public void All_disks_below_a_place_are_protected()
    {
        _host.Places = _host.Places.Add(new Place("p4", PlaceKind.Partition, "/dev/md127", "/run/places/nas", "ext4", 10, 20, true, "/dev/md127", null) { Disks = ["/dev/md127", "/dev/sda", "/dev/sdb"] });
        _host.Places = _host.Places.RemoveAll(place => place.Id == "p2");
        _host.Images = [Samples.Images[0] with { PlaceId = "p4", Path = "/run/places/nas/web1.rki" }];
        new Driver(_host).Choose("Restore").Press(KeyCode.Enter, KeyCode.Enter, KeyCode.Enter).Choose("WDC").Has("holds the image");
    }

    private Driver Open() => new Driver(_host).Choose("Places").Press(KeyCode.Enter).Type("o");
}
