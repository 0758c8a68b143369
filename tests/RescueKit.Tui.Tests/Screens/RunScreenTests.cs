using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Tui.Screens.Pages;
using RescueKit.Tui.Screens.Parts;
using RescueKit.Tui.Tests.Fakes;

namespace RescueKit.Tui.Tests.Screens;

public class RunScreenTests
{
    private readonly FakeRunHost _host = new();

    [Fact]
    public void Progress_tells_the_sum_each_partition_and_what_is_left()
    {
        Running().Has("61 %").Has("184.0 of 301.0 GiB").Has("412 MiB/s").Has("elapsed 7 m 41 s").Has("about 4 m 50 s left").Has("done").Has("boot sectors and tables");
    }

    [Fact]
    public void Esc_leaves_the_run_going_on_and_home_shows_it()
    {
        var ui = Running().Press(KeyCode.Escape, KeyCode.Escape).Has("Running: Restoring onto WDC WD10EZEX (/dev/sdb), 61 %");
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("cancel", StringComparison.Ordinal));
        ui.Choose("Runs").Press(KeyCode.Enter).Has("61 %").Press(KeyCode.Enter).Has("412 MiB/s");
    }

    [Fact]
    public void Cancel_asks_first_and_wants_a_typed_yes()
    {
        var ui = Running().Type("c").Has("Cancel the run?").Has("will neither start nor mount").Type("y").Press(KeyCode.Enter);
        Assert.DoesNotContain("cancel 1", _host.Calls);
        ui.Type("es").Press(KeyCode.Enter);
        Assert.Contains("cancel 1", _host.Calls);
        ui.Has("CANCELLING");
    }

    [Fact]
    public void A_run_of_another_screen_is_seen()
    {
        var ui = new Driver(_host);
        Start();
        ui.Beat().Has("Running: Restoring onto");
    }

    [Fact]
    public void A_complete_restore_says_so_and_where_the_receipt_is()
    {
        var ui = Running();
        End(Samples.Receipt, "/run/stick/receipts/web1.json");
        ui.Beat().Beat().Has("COMPLETE ✓").Has("/dev/sdb holds all of it.").Has("all blocks looked at match").Has("this machine would start it ✓").Has("/run/stick/receipts/web1.json");
    }

    [Fact]
    public void A_restore_that_would_not_start_offers_what_can_be_done()
    {
        _host.Boot = new BootCheck("not yet bootable", ["The firmware has no entry for it."],
            [new BootRemedy("entry", "Add the boot entry \"debian\"", "changes this machine's firmware settings")]);
        var ui = Running();
        End(Samples.Receipt, null);
        ui.Beat().Beat().Has("COMPLETE, NOT YET BOOTABLE").Has("The firmware has no entry for it.").Has("Leave as it is");
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("make", StringComparison.Ordinal));
        ui.Press(KeyCode.Enter).Has("COMPLETE ✓").Has("The entry was added.");
        Assert.Contains("make-bootable 1 entry", _host.Calls);
    }

    [Fact]
    public void Leaving_a_disk_as_it_is_changes_nothing()
    {
        _host.Boot = new BootCheck("not yet bootable", [], [new BootRemedy("entry", "Add the boot entry", "changes the firmware")]);
        var ui = Running();
        End(Samples.Receipt, null);
        ui.Beat().Beat().Press(KeyCode.Down, KeyCode.Enter);
        Assert.IsType<HomeScreen>(ui.Model.Top);
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("make", StringComparison.Ordinal));
    }

    [Fact]
    public void A_failed_run_says_what_went_wrong_in_which_state_things_are_and_what_to_do()
    {
        var ui = Running();
        _host.Change(1, r => r with
        {
            Stage = RunStage.Ended,
            Receipt = Samples.Receipt with { Verdict = "failed", Error = "x", ExitCode = 1 },
            Problem = new Problem("/dev/sdb: writing at offset 4096 failed", "write", "try another cable", 1),
        });
        ui.Beat().Beat().Has("FAILED").Has("writing at offset 4096 failed").Has("try another cable").Has("does not hold a whole disk").Has("was not saved");
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("boot", StringComparison.Ordinal));
    }

    [Fact]
    public void Losses_are_listed()
    {
        var ui = Running();
        End(Samples.Receipt with { Verdict = "complete with losses", BytesUnreadable = 4096, Unreadable = [new UnreadableRange(8388608, 4096, 2)], ExitCode = 5 }, null);
        ui.Beat().Has("COMPLETE WITH LOSSES").Has("offset 8388608, 4096 bytes, partition 2");
    }

    [Fact]
    public void The_machine_is_not_switched_off_while_a_run_goes_on()
    {
        var ui = Running().Press(KeyCode.Escape, KeyCode.Escape).Type("q").Has("Not now").HasNot("Power off  ");
        ui.Press(KeyCode.Enter);
        Assert.DoesNotContain(_host.Calls, c => c.StartsWith("power", StringComparison.Ordinal));
        End(Samples.Receipt, null);
        ui.Beat().Type("q").Choose("Power off").Press(KeyCode.Enter);
        Assert.Contains("power PowerOff", _host.Calls);
    }

    private void Start()
    {
        _host.PrepareAsync(new(["image", "restore", Samples.WebImage.Path, "/dev/sdb"]), default).Wait();
        _host.StartAsync(1, "Y7K2P", default).Wait();
    }

    private void End(Receipt receipt, string? path) => _host.Change(1, r => r with { Stage = RunStage.Ended, Receipt = receipt, ReceiptPath = path });

    private Driver Running()
    {
        Start();
        return new Driver(_host).Choose("Runs").Press(KeyCode.Enter, KeyCode.Enter);
    }
}
