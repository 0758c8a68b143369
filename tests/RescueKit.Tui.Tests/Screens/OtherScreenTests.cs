using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Screens;

public class OtherScreenTests
{
    private readonly FakeRunHost _host = new();

    [Fact]
    public void Home_tells_the_machine_its_disks_places_and_the_newest_image()
    {
        new Driver(_host).Has("RescueKit 1.0").Has("web1  ·  UEFI, Secure Boot on").Has("3 found, 1 with a warning !").Has("this stick 42.0 GiB free")
            .Has("Found on the stick: web1, hot, application-consistent, 21 Nov 2026 02:00 UTC");
    }

    [Fact]
    public void What_comes_and_goes_is_shown_without_being_asked_for()
    {
        var stick = _host.Places[0];
        _host.Places = _host.Places.RemoveAt(0);
        (_host.Disks, _host.Machine, _host.Images) = ([Samples.Samsung, Samples.Wdc], Samples.Machine with { StickDisk = null }, []);
        var ui = new Driver(_host).Has("2 found").HasNot("this stick 42.0 GiB free").HasNot("Found on the stick");
        _host.Places = _host.Places.Insert(0, stick);
        (_host.Disks, _host.Machine, _host.Images) = (Samples.Disks, Samples.Machine, Samples.Images);
        Later(ui).Has("3 found").Has("this stick 42.0 GiB free").Has("Found on the stick");
        Assert.Equal("/dev/sdc", ui.Model.World.Machine?.StickDisk);
        var looks = _host.Calls.Count(call => call is "disks" or "places" or "images");
        Later(ui);
        Assert.Equal(looks, _host.Calls.Count(call => call is "disks" or "places" or "images"));
    }

    [Fact]
    public void A_disk_that_comes_while_a_run_goes_on_is_looked_into_when_it_has_ended()
    {
        var ui = new Driver(_host);
        _host.PrepareAsync(new RunRequest(["image", "verify", "/x.rki"]), CancellationToken.None);
        _host.Change(1, run => run with { Stage = RunStage.Running });
        _host.Disks = [.. Samples.Disks, Samples.Small];
        Later(ui).Has("3 found");
        _host.Change(1, run => run with { Stage = RunStage.Ended });
        ui.Beat().Has("4 found");
    }

    private static Driver Later(Driver ui) => ui.Beat().Beat().Beat().Beat().Beat();

    [Fact]
    public void A_host_that_is_not_there_yet_is_asked_until_it_answers()
    {
        _host.Failing["machine"] = FakeRunHost.Refusal("the host does not answer");
        var ui = new Driver(_host).Has("Connecting…").Has("the host does not answer");
        _host.Failing.Clear();
        ui.Beat().Has("RescueKit 1.0").Has("3 found");
    }

    [Fact]
    public void A_host_that_goes_away_and_comes_back_loses_no_screen()
    {
        var ui = new Driver(_host).Choose("Back up").Press(KeyCode.Enter, KeyCode.Enter);
        _host.Failing["runs"] = FakeRunHost.Refusal("the host does not answer");
        _host.Failing["machine"] = _host.Failing["runs"];
        ui.Beat().Beat().Has("where to?");
        Assert.False(ui.Model.World.Connected);
        _host.Failing.Clear();
        ui.Beat().Has("where to?");
        Assert.True(ui.Model.World.Connected);
    }

    [Fact]
    public void An_effect_that_throws_anything_is_a_message_not_an_end()
    {
        _host.Failing["disks"] = FakeRunHost.Refusal("something broke");
        var ui = new Driver(_host).Has("something broke").Press(KeyCode.Enter);
        ui.Has("Restore a disk");
    }

    [Fact]
    public void Search_leaves_only_what_matches_and_Esc_shows_all_again()
    {
        var ui = new Driver(_host).Choose("Disks").Press(KeyCode.Enter).Type("/wdc").Has("WDC WD10EZEX").HasNot("SanDisk");
        ui.Press(KeyCode.Enter).Has("▸ WDC").Press(KeyCode.Escape).Has("SanDisk");
        ui.Press(KeyCode.Escape);
        Assert.IsType<HomeScreen>(ui.Model.Top);
    }

    [Fact]
    public void The_choice_stays_on_its_disk_when_another_is_plugged_in()
    {
        var ui = new Driver(_host).Choose("Disks").Press(KeyCode.Enter).Choose("WDC");
        _host.Disks = [Samples.Small, .. Samples.Disks];
        ui.Type("g").Has("▸ WDC");
    }

    [Theory]
    [InlineData("Restore")]
    [InlineData("Back up")]
    [InlineData("Clone")]
    [InlineData("Verify")]
    [InlineData("Get files")]
    [InlineData("Images")]
    [InlineData("Disks")]
    [InlineData("Places")]
    [InlineData("Runs")]
    [InlineData("Log, shell")]
    public void Every_screen_has_help_and_shows_its_keys(string way)
    {
        var ui = new Driver(_host).Choose(way).Press(KeyCode.Enter);
        var before = ui.Screen;
        Assert.Contains("help", before.Split('\n')[23], StringComparison.Ordinal);
        Assert.Contains("Esc", before.Split('\n')[23], StringComparison.Ordinal);
        ui.Press(KeyCode.F1).Has("Keys of this screen").Press(KeyCode.Escape);
        Assert.Equal(before, ui.Screen);
        ui.Type("?").Has("Keys of this screen");
    }

    [Fact]
    public void A_share_is_attached_with_what_was_typed()
    {
        var ui = new Driver(_host).Choose("Places").Press(KeyCode.Enter).Type("a").Press(KeyCode.Right, KeyCode.Right).Has("//server/share").Press(KeyCode.Enter).Has("The address is missing.");
        ui.Press(KeyCode.Tab).Type("//nas/b").Press(KeyCode.Tab).Type("joe").Press(KeyCode.Tab).Type("pw").HasNot("pw").Press(KeyCode.Tab, KeyCode.Right, KeyCode.Enter);
        Assert.Contains("attach Smb //nas/b True joe pw", _host.Calls);
        ui.Has("Places for images").Has("//nas/b");
        ui.Choose("//nas/b").Type("d").HasNot("//nas/b");
    }

    [Fact]
    public void A_share_that_does_not_answer_leaves_the_form_as_it_was()
    {
        _host.Failing["attach"] = FakeRunHost.Refusal("nas: no route to host", "look at the cable");
        var ui = new Driver(_host).Choose("Places").Press(KeyCode.Enter).Type("a").Press(KeyCode.Right, KeyCode.Tab).Type("nas:/x").Press(KeyCode.Enter);
        ui.Has("no route to host").Has("Nothing has been attached.").Has("look at the cable").Press(KeyCode.Enter).Has("nas:/x");
    }

    [Fact]
    public void Network_keyboard_and_log_do_what_they_say()
    {
        var ui = new Driver(_host).Choose("Log, shell").Press(KeyCode.Enter).Choose("Network").Press(KeyCode.Enter).Has("192.168.1.7/24").Press(KeyCode.Enter);
        ui.Press(KeyCode.Down).Type("7").Press(KeyCode.Enter);
        Assert.Contains("configure eth0 True  7", _host.Calls);
        ui.Press(KeyCode.Escape).Choose("Keyboard").Press(KeyCode.Enter).Choose("de").Press(KeyCode.Enter).Has("now: de");
        ui.Press(KeyCode.Escape).Choose("Log").Press(KeyCode.Enter).Has("3 disks found");
        _host.Log = _host.Log.Add(new LogLine(3, Samples.Now, "a share was attached"));
        ui.Beat().Has("a share was attached");
    }

    [Fact]
    public void The_shell_is_opened_outside_and_comes_back_to_the_same_screen()
    {
        var ui = new Driver(_host).Choose("Log, shell").Press(KeyCode.Enter).Choose("Shell").Press(KeyCode.Enter);
        Assert.IsType<OpenShell>(Assert.Single(ui.Outside));
        Assert.IsType<MoreScreen>(ui.Model.Top);
    }

    [Fact]
    public void Ctrl_C_goes_home_in_the_rescue_environment_and_asks_elsewhere()
    {
        var ui = new Driver(_host).Choose("Disks").Press(KeyCode.Enter, KeyCode.Interrupt);
        Assert.IsType<HomeScreen>(ui.Model.Top);
        Assert.Empty(ui.Outside);
        _host.Machine = Samples.Machine with { IsRescueEnvironment = false };
        ui = new Driver(_host).Choose("Disks").Press(KeyCode.Enter, KeyCode.Interrupt).Has("Leave RescueKit?").Press(KeyCode.Enter);
        Assert.IsType<DisksScreen>(ui.Model.Top);
        ui.Press(KeyCode.Interrupt, KeyCode.Down, KeyCode.Enter);
        Assert.IsType<LeaveUi>(Assert.Single(ui.Outside));
    }

    [Fact]
    public void Escapes_in_labels_never_reach_the_screen()
    {
        _host.Disks = [Samples.Samsung with { Model = "evil\e[2J\r\nDISK\u202e" }];
        var ui = new Driver(_host).Choose("Disks").Press(KeyCode.Enter).Has("evil");
        Assert.DoesNotContain(ui.Screen, c => c != '\n' && (char.IsControl(c) || c == '\u202e'));
    }
}
