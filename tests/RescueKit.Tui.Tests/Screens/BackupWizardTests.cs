using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Screens.Wizards;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Screens;

public class BackupWizardTests
{
    private readonly FakeRunHost _host = new();

    [Fact]
    public void A_backup_goes_from_the_home_screen_to_a_running_run()
    {
        var ui = AtOptions();
        ui.Press(KeyCode.Enter).Has("Backup · plan").Has("it may not fit").Has("rescuekit image create /dev/nvme0n1").Has("/run/stick/samsung-ssd-970-evo-500gb-10841x-2026-11-22.rki --verify");
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("start", StringComparison.Ordinal));
        ui.Press(KeyCode.Enter);
        Assert.Contains("start 1 ", _host.Calls);
        Assert.IsType<RunScreen>(ui.Model.Top);
        ui.Beat().Has("Backing up Samsung").Has("412 MiB/s").Has("Unreadable so far: 0");
    }

    [Fact]
    public void Going_back_and_forth_keeps_every_answer()
    {
        var ui = AtOptions();
        ui.Press(KeyCode.Right, KeyCode.Tab, KeyCode.Right, KeyCode.Tab).Type("secret");
        ui.Press(KeyCode.Escape, KeyCode.Escape, KeyCode.Escape).Has("which disk?");
        ui.Press(KeyCode.Enter, KeyCode.Enter, KeyCode.Enter);
        ui.Has("zstd: smaller").Has("yes: with a passphrase").Has("******");
    }

    [Fact]
    public void A_wizard_that_is_left_is_found_again_with_its_answers_but_without_its_passphrase()
    {
        var ui = AtOptions();
        ui.Press(KeyCode.Right, KeyCode.Tab, KeyCode.Right, KeyCode.Tab).Type("secret");
        ui.Press(KeyCode.Escape, KeyCode.Escape, KeyCode.Escape, KeyCode.Escape);
        Assert.IsType<HomeScreen>(ui.Model.Top);
        ui.Press(KeyCode.Enter, KeyCode.Enter, KeyCode.Enter, KeyCode.Enter).Has("zstd: smaller").HasNot("******");
    }

    [Fact]
    public void A_name_that_was_changed_stays_when_another_disk_is_chosen()
    {
        var ui = AtOptions();
        ui.Press(KeyCode.Escape, KeyCode.EraseLine).Type("mine").Press(KeyCode.Escape, KeyCode.Escape).Choose("WDC").Press(KeyCode.Enter, KeyCode.Enter);
        ui.Has("Name: mine");
        ui.Press(KeyCode.Enter).Has("this stick, exFAT, 42.0 GiB free: mine.rki");
    }

    [Fact]
    public void A_luks_partition_is_opened_by_a_passphrase_that_is_no_part_of_the_command()
    {
        _host.Disks = [Samples.Enciphered, Samples.Wdc, Samples.Stick];
        var ui = AtOptions().Has("2 LUKS2").Has("is taken whole").HasNot("Passphrase of 2");
        ui.Press(KeyCode.Right).Has("is opened").Press(KeyCode.Enter).Has("Partition 2 opens with a passphrase.").Press(KeyCode.Tab).Type("hush").Has("****").Press(KeyCode.Enter);
        Assert.Equal(["--unlock", "2", "--verify"], _host.Requests[0].Command.Skip(4));
        Assert.Equal("hush", _host.Requests[0].Unlock![2]);
        Assert.Null(_host.Requests[0].Passphrase);
    }

    [Fact]
    public void Another_disk_has_other_partitions_to_open()
    {
        _host.Disks = [Samples.Enciphered, Samples.Wdc, Samples.Stick];
        var ui = AtOptions().Press(KeyCode.Right, KeyCode.Tab).Type("hush").Press(KeyCode.Escape, KeyCode.Escape, KeyCode.Escape).Choose("WDC");
        ui.Press(KeyCode.Enter, KeyCode.Enter, KeyCode.Enter).HasNot("LUKS2").Press(KeyCode.Enter);
        Assert.Null(_host.Requests[0].Unlock);
    }

    [Fact]
    public void Two_passphrases_that_differ_are_refused()
    {
        var ui = AtOptions();
        ui.Press(KeyCode.Tab, KeyCode.Right, KeyCode.Tab).Type("one").Press(KeyCode.Tab).Type("two").Press(KeyCode.Enter).Has("The two passphrases differ.");
        Assert.Empty(_host.Requests);
        ui.Press(KeyCode.EraseLine).Type("one").Press(KeyCode.Enter);
        Assert.Equal("one", Assert.Single(_host.Requests).Passphrase);
        Assert.Contains("--encrypt", _host.Requests[0].Command);
        Assert.DoesNotContain("one", _host.Requests[0].Command);
    }

    [Fact]
    public void A_passphrase_never_shows()
    {
        var ui = AtOptions();
        ui.Press(KeyCode.Tab, KeyCode.Right, KeyCode.Tab).Type("Zq9!").Has("****").HasNot("Zq9!");
    }

    [Fact]
    public void The_stick_a_used_disk_and_a_read_only_place_cannot_be_chosen_and_say_why()
    {
        _host.Disks = [Samples.Samsung with { Uses = ["partition 2 mounted at /mnt"] }, Samples.Stick];
        var ui = At("Back up");
        ui.Has("in use: partition 2").Press(KeyCode.Enter).Has("cannot be backed up: in use: partition 2 mounted at /mnt").Has("which disk?");
        ui.Choose("SanDisk").Press(KeyCode.Enter).Has("cannot be backed up: this stick");
        _host.Disks = Samples.Disks;
        ui.Type("g").Choose("Samsung").Press(KeyCode.Enter).Choose("Archive").Press(KeyCode.Enter).Has("cannot take the image: read-only");
    }

    [Fact]
    public void A_place_on_the_disk_itself_is_refused()
    {
        _host.Places = _host.Places.Add(new Place("p4", PlaceKind.Partition, "home partition", "/run/places/home", "ext4", 10, 20, false, "/dev/nvme0n1", null));
        At("Back up").Press(KeyCode.Enter).Choose("home partition").Press(KeyCode.Enter).Has("cannot take the image: on the disk that is backed up");
    }

    [Theory]
    [InlineData("", "needs a name")]
    [InlineData("/etc/passwd", "begins with no /")]
    [InlineData("../x", "no ..")]
    public void A_bad_name_is_refused(string name, string complaint)
    {
        var ui = AtOptions();
        ui.Press(KeyCode.Escape, KeyCode.EraseLine).Type(name).Press(KeyCode.Enter).Has(complaint).Has("under which name?");
    }

    [Fact]
    public void The_other_size_of_an_unclean_file_system_is_planned_anew_and_the_old_plan_is_let_go()
    {
        var ui = AtOptions().Press(KeyCode.Enter).Has("! 2 was not cleanly unmounted");
        ui.Press(KeyCode.Tab).Has("81.0 GiB as planned");
        Assert.Contains("--unclean used", string.Join(' ', _host.Requests[1].Command), StringComparison.Ordinal);
        Assert.Contains("cancel 1", _host.Calls);
        Assert.Equal(2, Assert.Single(_host.Runs).Id);
        ui.Press(KeyCode.Enter);
        Assert.Contains("start 2 ", _host.Calls);
    }

    [Fact]
    public void Leaving_the_plan_lets_it_go_and_comes_back_to_the_answers()
    {
        var ui = AtOptions().Press(KeyCode.Right, KeyCode.Enter).Press(KeyCode.Escape);
        Assert.Contains("zstd", _host.Requests[0].Command);
        Assert.Contains("cancel 1", _host.Calls);
        ui.Has("Back up · how?").Has("zstd: smaller");
    }

    [Fact]
    public void A_plan_that_nobody_waits_for_any_more_is_let_go()
    {
        var ui = AtOptions();
        ui.Held = [];
        ui.Press(KeyCode.Enter).Has("The plan is being made");
        ui.Press(KeyCode.Escape).Has("Back up · how?").HasNot("The plan is being made");
        var call = Assert.Single(ui.Held);
        ui.Held = null;
        ui.Do(call);
        Assert.Contains("cancel 1", _host.Calls);
        Assert.IsType<BackupWizard>(ui.Model.Top);
    }

    [Fact]
    public void A_refused_plan_is_told_with_its_remedy_and_nothing_is_lost()
    {
        _host.Failing["prepare"] = FakeRunHost.Refusal("/run/stick: there is no room left", "choose another place");
        var ui = AtOptions().Press(KeyCode.Enter);
        ui.Has("making the plan").Has("no room left").Has("Nothing has been written.").Has("choose another place");
        ui.Press(KeyCode.Enter).Has("Back up · how?");
        _host.Failing.Clear();
        ui.Press(KeyCode.Enter).Has("Backup · plan");
    }

    [Theory]
    [InlineData("2, 3", "--partition 2 --partition 3")]
    [InlineData("all", "")]
    public void Only_some_partitions_can_be_taken(string typed, string words)
    {
        AtOptions().Choose("Partitions").Press(KeyCode.EraseLine).Type(typed).Press(KeyCode.Enter);
        Assert.Contains(words, string.Join(' ', _host.Requests[0].Command), StringComparison.Ordinal);
    }

    [Fact]
    public void Partitions_that_cannot_be_understood_are_refused() =>
        AtOptions().Choose("Partitions").Press(KeyCode.EraseLine).Type("two").Press(KeyCode.Enter).Has("as 1,3").Has("Back up · how?");

    [Fact]
    public void A_place_that_went_away_is_said()
    {
        var ui = AtOptions();
        _host.Places = [];
        ui.Tell(new Tui.Screens.Learned(w => w with { Places = [] })).Press(KeyCode.Enter).Has("has gone");
    }

    private Driver At(string way) => new Driver(_host).Choose(way).Press(KeyCode.Enter);

    private Driver AtOptions()
    {
        var ui = At("Back up").Has("Back up · which disk?").Choose("Samsung").Press(KeyCode.Enter).Has("where to?").Choose("this stick").Press(KeyCode.Enter);
        return ui.Has("under which name?").Press(KeyCode.Enter).Has("Back up · how?");
    }
}
