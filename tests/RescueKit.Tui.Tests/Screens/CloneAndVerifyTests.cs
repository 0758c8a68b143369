using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Screens;

public class CloneAndVerifyTests
{
    private readonly FakeRunHost _host = new();

    [Fact]
    public void A_clone_names_both_disks_and_asks_for_the_victims_id()
    {
        var ui = new Driver(_host).Choose("Clone").Press(KeyCode.Enter).Choose("Samsung").Press(KeyCode.Enter).Has("the source itself");
        ui.Press(KeyCode.Enter).Has("cannot be written over: the source itself").Choose("WDC").Press(KeyCode.Enter).Has("Clone · how?").Press(KeyCode.Enter);
        ui.Has("FROM").Has("ONTO").Has("rescuekit clone /dev/nvme0n1 /dev/sdb --verify --confirm Y7K2P").Type("Y7K2P").Press(KeyCode.Enter);
        Assert.Contains("start 1 Y7K2P", _host.Calls);
    }

    [Fact]
    public void A_disk_that_is_too_small_is_no_target_of_a_clone()
    {
        _host.Disks = [Samples.Samsung, Samples.Small];
        new Driver(_host).Choose("Clone").Press(KeyCode.Enter, KeyCode.Enter).Choose("Old CF").Has("too small: 301.5 GiB needed");
    }

    [Fact]
    public void A_clone_fits_disks_of_other_sizes()
    {
        _host.Disks = [Samples.Samsung, Samples.Wdc, Samples.Small with { Length = 400L << 30 }];
        var ui = new Driver(_host).Choose("Clone").Press(KeyCode.Enter, KeyCode.Enter).Choose("Old CF").Press(KeyCode.Enter).Has("file systems shrink until all fits");
        ui.Press(KeyCode.Escape).Choose("WDC").Press(KeyCode.Enter).Has("nothing grows").HasNot("shrink until").Press(KeyCode.Left).Has("3 home, ext4, grows").Press(KeyCode.Enter);
        Assert.Equal(["clone", "/dev/nvme0n1", "/dev/sdb", "--grow", "3", "--verify"], _host.Requests[0].Command);
    }

    [Fact]
    public void A_clone_opens_luks_partitions_and_forgets_the_passphrase_when_it_is_left()
    {
        _host.Disks = [Samples.Enciphered, Samples.Wdc];
        var ui = new Driver(_host).Choose("Clone").Press(KeyCode.Enter, KeyCode.Enter).Choose("WDC").Press(KeyCode.Enter).Has("2 LUKS2");
        ui.Press(KeyCode.Right, KeyCode.Tab).Type("hush").Press(KeyCode.Escape, KeyCode.Escape, KeyCode.Escape, KeyCode.Enter, KeyCode.Enter, KeyCode.Enter).Has("is opened").HasNot("****");
        ui.Press(KeyCode.Enter).Has("Partition 2 opens with a passphrase.").Type("hush").Press(KeyCode.Enter);
        Assert.Equal(["clone", "/dev/nvme0n1", "/dev/sdb", "--unlock", "2", "--verify"], _host.Requests[0].Command);
        Assert.Equal("hush", _host.Requests[0].Unlock![2]);
    }

    [Fact]
    public void A_verify_shows_its_plan_and_runs_without_anything_typed()
    {
        var ui = new Driver(_host).Choose("Verify").Press(KeyCode.Enter, KeyCode.Enter).Has("rescuekit image verify /run/stick/web1-2026-11-21.rki").Press(KeyCode.Enter);
        Assert.Contains("start 1 ", _host.Calls);
        ui.Beat().Has("Verifying web1-2026-11-21.rki");
    }

    [Fact]
    public void Disks_lead_into_the_wizards_with_the_disk_chosen()
    {
        var ui = new Driver(_host).Choose("Disks").Press(KeyCode.Enter).Choose("WDC").Type("b").Has("Back up · which disk?").Press(KeyCode.Enter).Has("…Y7K2P");
        ui.Press(KeyCode.Escape, KeyCode.Escape).Has("Disks").Type("r").Has("which image?").Press(KeyCode.Enter, KeyCode.Enter).Has("▸ WDC");
    }
}
