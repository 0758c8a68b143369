using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Screens;

public class RestoreWizardTests
{
    private readonly FakeRunHost _host = new();

    [Fact]
    public void A_restore_starts_only_when_the_id_of_the_victim_is_typed()
    {
        var ui = AtPlan();
        ui.Has("LOST: what is on /dev/sdb now").Has("NTFS \"Archive\"").Has("WDC WD10EZEX").Has("--confirm Y7K2P");
        ui.Press(KeyCode.Enter).Type("y7k2p").Press(KeyCode.Enter).Has("That is not the id of /dev/sdb: nothing was written.");
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("start", StringComparison.Ordinal));
        ui.Press(KeyCode.EraseLine).Type("Y7K2P").Press(KeyCode.Enter);
        Assert.Contains("start 1 Y7K2P", _host.Calls);
        Assert.Equal(["image", "restore", Samples.WebImage.Path, "/dev/sdb", "--verify"], _host.Requests[0].Command);
        ui.Beat().Has("Restoring onto WDC");
    }

    [Fact]
    public void A_pasted_id_with_a_line_break_confirms_only_with_Enter()
    {
        var ui = AtPlan();
        ui.Tell(new Tui.Screens.Pasted("Y7K2P\n"));
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("start", StringComparison.Ordinal));
        ui.Press(KeyCode.Enter);
        Assert.Contains("start 1 Y7K2P", _host.Calls);
    }

    [Fact]
    public void Leaving_the_plan_writes_nothing_and_lets_go_of_the_disks()
    {
        AtPlan().Press(KeyCode.Escape).Has("Restore · what of it?");
        Assert.Contains("cancel 1", _host.Calls);
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("start", StringComparison.Ordinal));
    }

    [Fact]
    public void Disks_that_cannot_be_written_over_say_why()
    {
        _host.Disks = [.. Samples.Disks, Samples.Small with { Length = 1 << 20 }, Samples.Locked, Samples.Wdc with { Path = "/dev/sdf", Model = "Root disk", SystemDisk = true }];
        var ui = AtTargets();
        ui.Has("this stick").Has("too small").Has("read-only").Has("this system's own");
        foreach (var model in new[] { "SanDisk", "Old CF", "Write-prot", "Root disk" })
            ui.Choose(model).Press(KeyCode.Enter).Has("cannot be written over").Has("onto which disk?");
        Assert.Empty(_host.Requests);
    }

    [Fact]
    public void The_disk_that_holds_the_image_cannot_be_chosen()
    {
        _host.Images = [Samples.Images[0] with { PlaceId = "p3", Path = "/run/places/sdb1/web1.rki" }];
        var ui = new Driver(_host).Choose("Restore").Press(KeyCode.Enter, KeyCode.Enter, KeyCode.Enter);
        ui.Has("holds the image").Choose("WDC").Press(KeyCode.Enter).Has("cannot be written over: holds the image");
    }

    [Fact]
    public async Task A_disk_in_another_run_cannot_be_chosen()
    {
        await _host.PrepareAsync(new(["clone", "/dev/sdx", "/dev/sdb"]), default);
        _host.Change(1, r => r with { Plan = r.Plan with { Onto = r.Plan.Onto with { Path = "/dev/sdb" } } });
        AtTargets().Has("in another plan");
    }

    [Fact]
    public void Chosen_partitions_go_into_chosen_ones()
    {
        var ui = AtTargets().Choose("WDC").Press(KeyCode.Enter).Has("the whole disk");
        ui.Press(KeyCode.Right).Has("chosen partitions only").Press(KeyCode.Enter).Has("No partition is chosen.");
        ui.Press(KeyCode.Tab, KeyCode.Tab, KeyCode.Right).Has("→ 1  Archive");
        ui.Press(KeyCode.Enter);
        Assert.Equal(["image", "restore", Samples.WebImage.Path, "/dev/sdb", "--partition", "2:1", "--verify"], _host.Requests[0].Command);
    }

    [Fact]
    public void On_a_larger_disk_one_of_the_partitions_can_grow()
    {
        var ui = AtTargets().Choose("WDC").Press(KeyCode.Enter).Has("nothing grows").HasNot("ESP, FAT32, grows");
        ui.Press(KeyCode.Tab, KeyCode.Right).Has("2 root, ext4, grows").Has("moves to the end").Press(KeyCode.Enter);
        Assert.Equal(["image", "restore", Samples.WebImage.Path, "/dev/sdb", "--grow", "2", "--verify"], _host.Requests[0].Command);
        ui.Press(KeyCode.Escape, KeyCode.BackTab, KeyCode.Right).Has("chosen partitions only").HasNot("grows");
    }

    [Fact]
    public void On_a_smaller_disk_all_can_be_made_to_fit()
    {
        _host.Disks = [.. Samples.Disks, Samples.Small with { Length = 400L << 30 }];
        var ui = AtTargets().Choose("Old CF").Press(KeyCode.Enter).Has("all of it does not fit").HasNot("grows").Press(KeyCode.Right).Has("file systems shrink until all fits");
        ui.Press(KeyCode.Enter);
        Assert.Equal(["image", "restore", Samples.WebImage.Path, "/dev/sdd", "--shrink", "--verify"], _host.Requests[0].Command);
    }

    [Fact]
    public void Two_partitions_into_the_same_one_are_refused()
    {
        var ui = AtTargets().Choose("WDC").Press(KeyCode.Enter, KeyCode.Right, KeyCode.Tab, KeyCode.Right, KeyCode.Tab, KeyCode.Right);
        ui.Press(KeyCode.Enter).Has("same one of the target");
        Assert.Empty(_host.Requests);
    }

    [Fact]
    public void An_encrypted_image_asks_for_its_passphrase_until_it_opens()
    {
        var ui = new Driver(_host).Choose("Restore").Press(KeyCode.Enter).Choose("secret.rki").Press(KeyCode.Enter).Has("is encrypted").Has("Keyboard layout: us");
        ui.Type("Zq9").HasNot("Zq9").Press(KeyCode.Enter).Has("does not open it").Has("Nothing has been written.");
        ui.Press(KeyCode.Enter).Has("Passphrase:").Type(Samples.Passphrase).Press(KeyCode.Enter).Has("is it this one?").Has("opened with its passphrase");
        ui.Press(KeyCode.Enter).Choose("WDC").Press(KeyCode.Enter, KeyCode.Enter).Has("Restore · plan");
        Assert.Equal(Samples.Passphrase, _host.Requests[0].Passphrase);
    }

    [Fact]
    public void An_image_is_found_by_browsing_folders()
    {
        var ui = new Driver(_host).Choose("Restore").Press(KeyCode.Enter).Type("b").Has("which place?").Choose("nas").Press(KeyCode.Enter).Has("notes.txt");
        ui.Choose("notes").Press(KeyCode.Enter).Has("notes.txt").Choose("machines").Press(KeyCode.Enter).Has("db1.rki").Press(KeyCode.Enter);
        ui.Has("is it this one?").Has("/run/places/nas/machines/db1.rki");
    }

    [Fact]
    public void A_damaged_image_is_told_and_nothing_else_happens()
    {
        _host.Failing["image"] = FakeRunHost.Refusal("torn.rki: the header is damaged", "look for another copy");
        var ui = new Driver(_host).Choose("Restore").Press(KeyCode.Enter).Choose("torn").Press(KeyCode.Enter);
        ui.Has("the header is damaged").Has("look for another copy").Press(KeyCode.Enter).Has("which image?");
    }

    [Fact]
    public void Going_back_and_forth_keeps_the_chosen_target_and_options()
    {
        var ui = AtTargets().Choose("WDC").Press(KeyCode.Enter, KeyCode.Tab, KeyCode.Tab, KeyCode.Right).Has("no");
        ui.Press(KeyCode.Escape, KeyCode.Enter).Press(KeyCode.Enter);
        Assert.DoesNotContain("--verify", _host.Requests[0].Command);
    }

    private Driver AtTargets() => new Driver(_host).Choose("Restore").Press(KeyCode.Enter).Has("which image?").Choose("web1").Press(KeyCode.Enter)
        .Has("is it this one?").Press(KeyCode.Enter).Has("onto which disk?");

    private Driver AtPlan()
    {
        var ui = AtTargets().Choose("WDC").Press(KeyCode.Enter).Has("what of it?").Press(KeyCode.Enter).Has("Restore · plan");
        Assert.IsType<PlanScreen>(ui.Model.Top);
        return ui;
    }
}
