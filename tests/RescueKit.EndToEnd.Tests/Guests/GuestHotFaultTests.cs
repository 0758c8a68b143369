using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>What goes wrong while file systems are frozen, and while a snapshot lives: the system goes on, and nothing is left.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestHotFaultTests(GuestHotMachine machine) : IClassFixture<GuestHotMachine>
{
    /// <summary>
    /// Much is to be written before the first volume is frozen, and the disk is slow: the freeze takes long. The shared page tells when
    /// (FreezeBoard: +0 given up, +4 phase, of which 1 is freezing, +8 the freezer's process).
    /// </summary>
    private const string Functions = """
        nothing_is_left() {
            [ "$(dmsetup ls | sort | cut -f1 | tr '\n' ' ')" = "live1 live2 " ] || { dmsetup ls; return 1; }
            dmsetup table | grep -v linear && return 1
            cat /sys/block/loop*/loop/backing_file 2>/dev/null && return 1
            [ -z "$(ls /run/rescuekit/snapshots)" ] || return 1
            for v in 1 2; do echo still writable >/live$v/probe && sync /live$v/probe || return 1; done
        }
        much_to_write() { # MEBIBYTES
            echo 0 >/proc/sys/vm/dirty_writeback_centisecs
            dd if=/dev/urandom of=/live1/old bs=1M count=$1 conv=notrunc || exit 20
        }
        word() { od -An -tu4 -j$1 -N4 /run/rescuekit/snapshots/* 2>/dev/null | tr -d ' '; }
        until_word() { until [ "$(word $1)" = $2 ]; do kill -0 $program || exit 21; usleep 20000; done; }
        is_frozen() { if fsfreeze --freeze $1 2>/dev/null; then fsfreeze --unfreeze $1; return 1; fi; }
        until_frozen_snapshot() { until dmsetup ls | grep -q frozen && [ -s $1 ]; do kill -0 $program || exit 22; usleep 50000; done; }

        """;

    private Guest Guest => machine.Guest;
    private string Busy => machine.Path("busy");

    [Fact]
    public void The_freezer_is_killed_while_it_freezes_and_its_guardian_thaws()
    {
        var failed = default(GuestResult);
        Slowly(512 << 10, () => failed = Guest.Must($"""
            {Functions}much_to_write 6
            rescuekit image create --hot {Busy} /tmp/killed.rki --quiet-timeout 0 --quiet &
            program=$!
            until_word 4 1
            kill -9 $(word 8)
            [ "$(word 4)" = 1 ] || exit 23
            wait $program
            """, 1));
        Assert.Contains("the process that freezes the file systems died", failed!.Error, StringComparison.Ordinal);
        Guest.Must($"{Functions}nothing_is_left && [ ! -e /tmp/killed.rki ]");
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void All_are_killed_while_they_freeze_and_the_next_run_thaws()
    {
        Slowly(512 << 10, () => Guest.Must($"""
            {Functions}much_to_write 6
            rescuekit image create --hot {Busy} /tmp/killed.rki --quiet-timeout 0 --quiet &
            program=$!
            until_word 4 1
            killall -9 rescuekit
            wait $program
            freezer=$(word 8)
            while kill -0 $freezer 2>/dev/null; do usleep 50000; done
            [ "$(word 4)" = 1 ] && is_frozen /live1 && [ ! -e /tmp/killed.rki ]
            """));
        Guest.Must($"""
            {Functions}set -e
            rescuekit image create --hot {Busy} /tmp/next.rki --verify --quiet-timeout 0
            nothing_is_left
            rm /tmp/next.rki
            """);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_freeze_that_takes_too_long_is_given_up()
    {
        var failed = default(GuestResult);
        // A good minute and a half; the limit is one. The call that freezes cannot be interrupted.
        Slowly(32 << 10, () => failed = Guest.Must($"""
            {Functions}much_to_write 3
            rescuekit image create --hot {Busy} /tmp/late.rki --quiet-timeout 0 --quiet
            """, 1));
        Assert.Contains("no snapshot could be taken", failed!.Error, StringComparison.Ordinal);
        Guest.Must($"{Functions}nothing_is_left && [ ! -e /tmp/late.rki ]");
    }

    /// <summary>The call that freezes waits for the one that writes, and while it does the kernel lets nobody thaw.</summary>
    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_freeze_that_waits_for_one_long_write_is_given_up_and_thawed()
    {
        var failed = default(GuestResult);
        Slowly(256 << 10, () => failed = Guest.Must($$"""
            {{Functions}}
            perl -e 'my $n = 24 << 20; my $b = "x" x ($n + 4096); my $o = -unpack("J", pack "p", $b) & 4095;
                sysopen my $f, "/live1/old", 1 | 040000 or die $!; syswrite($f, $b, $n, $o) == $n or die "write: $!"' &
            writer=$!
            sleep 1
            rescuekit image create --hot {{Busy}} /tmp/late.rki --quiet-timeout 0 --quiet; code=$?
            kill -0 $writer 2>/dev/null && exit 32
            wait $writer || exit 33
            exit $code
            """, 1));
        Assert.Contains("no snapshot could be taken", failed!.Error, StringComparison.Ordinal);
        Guest.Must($"{Functions}nothing_is_left && [ ! -e /tmp/late.rki ]");
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void Swap_is_used_while_the_disk_is_imaged()
    {
        Slowly(8 << 20, () => Guest.Must($"""
            {Functions}
            swapon {Busy}3 || exit 34
            rescuekit image create --hot {Busy} /tmp/swapped.rki --quiet-timeout 0 --verify --quiet &
            program=$!
            until_frozen_snapshot /tmp/swapped.rki
            # The kernel lets nobody else write to swap: as if it swapped out, behind its header, through the disk.
            dd if=/dev/urandom of={Busy} bs=4096 seek=$((241 * 256 + 1)) count=200 conv=notrunc,fsync || exit 35
            wait $program || exit 36
            swapoff {Busy}3 && nothing_is_left && rescuekit image info /tmp/swapped.rki | grep swap && rm /tmp/swapped.rki
            """));
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void The_clock_is_set_back_by_a_day_while_the_backup_runs()
    {
        Slowly(8 << 20, () => Guest.Must($"""
            {Functions}
            rescuekit image create --hot {Busy} /tmp/past.rki --quiet-timeout 0 --verify --quiet &
            program=$!
            until_frozen_snapshot /tmp/past.rki
            date -s @$(($(date +%s) - 86400))
            wait $program || exit 24
            date -s @$(($(date +%s) + 86400))
            nothing_is_left && rescuekit image verify /tmp/past.rki --quiet && rm /tmp/past.rki
            """));
    }

    [Fact]
    public void A_second_backup_of_the_same_disk_is_refused_and_the_first_one_ends_well()
    {
        var second = default(GuestResult);
        // The first one stands still until the second one has had its answer, however long that takes.
        Slowly(4 << 20, () => second = Guest.Must($"""
            {Functions}
            rescuekit image create --hot {Busy} /tmp/first.rki --quiet-timeout 0 --verify --quiet >/tmp/first.out 2>&1 &
            program=$!
            until_frozen_snapshot /tmp/first.rki
            kill -STOP $program
            rescuekit image create --hot {Busy} /tmp/second.rki --quiet-timeout 0 --quiet; code=$?
            kill -CONT $program
            [ ! -e /tmp/second.rki ] || exit 26
            wait $program || exit 27
            nothing_is_left || exit 28
            rm /tmp/first.rki
            exit $code
            """, 4));
        Assert.Contains("has a snapshot already", second!.Error, StringComparison.Ordinal);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void Two_backups_of_the_same_disk_begin_at_once_and_none_is_wrong()
    {
        var said = Guest.Must($$"""
            {{Functions}}
            for i in 1 2; do rescuekit image create --hot {{Busy}} /tmp/twin$i.rki --quiet-timeout 0 --verify --quiet >/tmp/twin$i.out 2>&1 & eval pid$i=$!; done
            wait $pid1; one=$?
            wait $pid2; other=$?
            nothing_is_left || exit 29
            for i in 1 2; do [ ! -e /tmp/twin$i.rki ] || rescuekit image verify /tmp/twin$i.rki --quiet >/dev/null || exit 30; done
            rm -f /tmp/twin?.rki
            echo $one $other
            cat /tmp/twin?.out >&2
            """);
        var both = said.Output.Trim().Split(' ');
        // Only one at a time can have the volumes; both succeed where the first has ended before the second begins. What the one does harms the other's snapshot nowhere.
        Assert.True(both.Contains("0"), said.Everything);
        Assert.All(both, code => Assert.Contains(code, (string[])["0", "1", "4"]));
        Assert.DoesNotContain("The journal needs to be replayed", said.Error, StringComparison.Ordinal);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void The_target_is_full_in_the_middle()
    {
        Guest.Must("mkdir -p /little && mount -t tmpfs -o size=20M none /little");
        var failed = Guest.Must($"rescuekit image create --hot {Busy} /little/full.rki --quiet-timeout 0 --quiet", 1);
        Assert.Contains("/little", failed.Error, StringComparison.Ordinal);
        Guest.Must($"{Functions}nothing_is_left");
        Guest.Must("code=3; [ ! -e /little/full.rki ] || { rescuekit image verify /little/full.rki; code=$?; }; umount /little; exit $code", 3);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void The_target_is_pulled_out_in_the_middle()
    {
        var away = machine.Disk("away");
        Guest.Must($"mkdir -p /away && mount -t ext4 {machine.Path("away")} /away");
        var failed = default(GuestResult);
        Slowly(4 << 20, () =>
        {
            var backup = Guest.Start($"rescuekit image create --hot {Busy} /away/gone.rki --codec none --quiet-timeout 0 --quiet");
            Guest.Until("dmsetup ls | grep -q frozen && [ $(stat -c %s /away/gone.rki || echo 0) -gt 4000000 ]", backup);
            Guest.Unplug(away);
            failed = Guest.Wait(backup);
        });
        Assert.True(failed!.ExitCode == 1, failed.Everything);
        Assert.Contains("/away/gone.rki", failed.Error, StringComparison.Ordinal);
        Guest.Must($"{Functions}nothing_is_left || exit 31; umount /away");
        Guest.Plug(away);
        // Its journal may have to be replayed; of the image, all may be there but its end, or nothing.
        Guest.Must($"mount -t ext4 {machine.Path("away")} /away; code=3; [ ! -e /away/gone.rki ] || {{ rescuekit image verify /away/gone.rki; code=$?; }}; umount /away; exit $code", 3);
    }

    public static TheoryData<string> Signals => TestScale.IsWide ? ["TERM", "INT"] : ["INT"];

    [Theory]
    [MemberData(nameof(Signals))]
    public void A_backup_that_is_interrupted_leaves_nothing_but_an_image_that_says_so(string signal)
    {
        // A shell's background jobs ignore SIGINT, which a program started by them inherits.
        Slowly(4 << 20, () => Guest.Must($$"""
            {{Functions}}
            perl -e '$SIG{"INT"} = "DEFAULT"; exec @ARGV' rescuekit image create --hot {{Busy}} /tmp/part.rki --quiet-timeout 0 --quiet &
            program=$!
            until_frozen_snapshot /tmp/part.rki
            kill -{{signal}} $program
            wait $program
            """, 130));
        Guest.Must($"{Functions}nothing_is_left");
        Assert.Contains("never completed", Guest.Must("rescuekit image verify /tmp/part.rki; code=$?; rm /tmp/part.rki; exit $code", 3).Error, StringComparison.Ordinal);
    }

    private void Slowly(long bytesPerSecond, Action what)
    {
        Guest.Limit(machine.Disk("busy"), bytesPerSecond);
        try
        {
            what();
        }
        finally
        {
            Guest.Limit(machine.Disk("busy"), 0);
        }
    }
}
