using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Screens.Wizards;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Screens;

public class FilesScreenTests
{
    private readonly FakeRunHost _host = new();

    [Fact]
    public void Marked_files_are_copied_into_a_chosen_folder_and_the_command_is_shown()
    {
        var ui = Opened().Has("web1-2026-11-21.rki:2 · /").Choose("etc/").Press(KeyCode.Enter).Has("· /etc").Choose("fstab").Type(" ").Has("1 marked");
        ui.Choose("nginx/").Type(" ").Has("2 marked").Press(KeyCode.Left);
        AssertChosen(ui, "etc/");
        ui.Type("r").Has("Restore to · which place?").Choose("Archive").Has("read-only").Press(KeyCode.Enter).Has("which place?");
        ui.Choose("this stick").Press(KeyCode.Enter).Choose("machines").Press(KeyCode.Enter).Has("this stick/machines").Type("r");
        ui.Has("Get files · plan").Has("Command: rescuekit image get /run/stick/web1-2026-11-21.rki:2 /etc/fstab").Has("/run/stick/machines").Has("it fits").Press(KeyCode.Enter);
        Assert.Contains("prepare image get /run/stick/web1-2026-11-21.rki:2 /etc/fstab /etc/nginx /run/stick/machines", _host.Calls);
        Assert.Contains("start 1 ", _host.Calls);
        Assert.Contains("close-files files1", _host.Calls);
        ui.Beat().Has("Getting files out of web1-2026-11-21.rki");
        _host.Change(1, run => run with { Stage = RunStage.Ended, Receipt = Samples.Receipt with { Operation = "get" } });
        ui.Beat().Has("COMPLETE").Has("The files are in /run/stick/machines.");
    }

    [Fact]
    public void Without_marks_what_is_chosen_is_copied_and_what_is_there_already_is_never_written_over()
    {
        _host.Failing["prepare"] = FakeRunHost.Refusal("/run/stick/etc is there already", "name another folder");
        var ui = Opened().Choose("etc/").Type("r").Choose("this stick").Press(KeyCode.Enter).Type("r").Has("/run/stick/etc is there already").Press(KeyCode.Enter);
        ui.Has("· /");
        Assert.Contains("prepare image get /run/stick/web1-2026-11-21.rki:2 /etc /run/stick", _host.Calls);
        Assert.IsType<FilesScreen>(ui.Model.Top);
    }

    [Fact]
    public void A_search_shows_paths_leads_to_the_folder_and_ends_with_Esc()
    {
        var ui = Opened().Type("/conf").Has("Search below / for names with:").Press(KeyCode.Enter).Has("\"conf\" below /").Has("/etc/nginx/nginx.conf");
        Assert.Contains("find files1 / conf", _host.Calls);
        ui.Press(KeyCode.Enter).Has("· /etc/nginx");
        AssertChosen(ui, "nginx.conf");
        ui.Type("/conf").Press(KeyCode.Enter, KeyCode.Escape).Has("· /etc/nginx").HasNot("below");
    }

    [Fact]
    public void A_search_that_goes_on_is_ended_by_Esc_and_its_answer_let_go()
    {
        var ui = Opened();
        ui.Held = [];
        ui.Type("/conf").Press(KeyCode.Enter).Has("Esc ends the search");
        var search = Assert.Single(ui.Held);
        ui.Held = null;
        ui.Press(KeyCode.Escape).Has("etc/");
        Assert.Contains("stop-finding files1", _host.Calls);
        ui.Do(search);
        ui.Has("etc/").HasNot("nginx.conf");
    }

    [Fact]
    public void A_folder_that_cannot_be_read_leaves_the_one_before_it()
    {
        var ui = Opened();
        _host.Failing["list"] = FakeRunHost.Refusal("/etc cannot be read", "verify the image");
        ui.Choose("etc/").Press(KeyCode.Enter).Has("/etc cannot be read").Press(KeyCode.Enter);
        AssertChosen(ui, "etc/");
    }

    [Fact]
    public void Links_lead_where_the_image_has_it_and_large_folders_come_in_parts()
    {
        var ui = Opened().Choose("link").Has("→ /etc").Press(KeyCode.Enter).Has("· /etc").Has("fstab");
        ui.Press(KeyCode.Left).Choose("many/").Press(KeyCode.Enter).Has("There are more files in the folder").Type("n").Has("behind f1").Has("f2").HasNot("There are more");
    }

    [Fact]
    public void What_is_opened_is_closed_whichever_way_the_screen_is_left()
    {
        var ui = Opened().Press(KeyCode.Escape);
        Assert.IsType<FilesWizard>(ui.Model.Top);
        Assert.Equal(1, _host.Calls.Count(call => call == "close-files files1"));
        ui = Opened().Press(KeyCode.Interrupt);
        Assert.IsType<HomeScreen>(ui.Model.Top);
        Assert.Equal(2, _host.Calls.Count(call => call == "close-files files1"));
    }

    [Fact]
    public void What_comes_when_nobody_waits_any_more_is_closed()
    {
        var ui = new Driver(_host).Choose("Get files").Press(KeyCode.Enter, KeyCode.Enter).Choose("root");
        ui.Held = [];
        ui.Press(KeyCode.Enter);
        var open = Assert.Single(ui.Held);
        ui.Held = null;
        ui.Press(KeyCode.Escape, KeyCode.Escape).Do(open);
        Assert.IsType<HomeScreen>(ui.Model.Top);
        Assert.Contains("close-files files1", _host.Calls);
    }

    [Fact]
    public void A_partition_is_asked_for_only_where_there_are_several_and_a_passphrase_where_it_is_encrypted()
    {
        var ui = new Driver(_host).Choose("Get files").Press(KeyCode.Enter).Choose("secret").Press(KeyCode.Enter).Has("is encrypted").Type(Samples.Passphrase).Press(KeyCode.Enter);
        ui.Has("out of which partition?").Choose("home").Press(KeyCode.Enter).Has("secret.rki:3 · /");
        Assert.Contains($"open-files /run/places/nas/secret.rki:3 {Samples.Passphrase}", _host.Calls);
        ui.Type("r").Choose("this stick").Press(KeyCode.Enter).Type("r");
        Assert.Equal(Samples.Passphrase, Assert.Single(_host.Requests).Passphrase);
        ui.HasNot(Samples.Passphrase);
    }

    [Fact]
    public void There_is_an_end_to_marks_and_a_long_command_is_scrolled_with_its_plan()
    {
        _host.Swarm = 300;
        var ui = Opened();
        for (var i = 0; i < 300; i++) ui.Type(" ");
        ui.Has("200 marked").Has("No more than 200 can be marked").Type("r").Choose("this stick").Press(KeyCode.Enter).Type("r").Has("it fits").Has("more ↓");
        for (var i = 0; i < 20; i++) ui.Press(KeyCode.PageDown);
        ui.Has("/file199");
    }

    private static void AssertChosen(Driver ui, string text) =>
        Assert.Contains(ui.Screen.Split('\n'), line => line.TrimStart().StartsWith('▸') && line.Contains(text, StringComparison.Ordinal));

    private Driver Opened()
    {
        var ui = new Driver(_host).Choose("Get files").Press(KeyCode.Enter).Choose("web1").Press(KeyCode.Enter).Has("out of which partition?").Choose("root").Press(KeyCode.Enter);
        Assert.Contains(ui.Model.Stack, screen => screen is FilesScreen);
        return ui;
    }
}
