using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>A disk whose two partitions are mounted through idle linear mappings, as the boot hook leaves them, and a blank one.</summary>
public sealed class GuestHotMachine : GuestMachine
{
    private const int Mebibytes = 256;

    public GuestHotMachine(GuestSystem system) : base(system)
    {
        Add(new GuestDisk("busy", TwoVolumes(Folder.File("busy")), GuestBus.Virtio) { Serial = "BUSY0001" });
        Add(new GuestDisk("blank", SparseFile.Create(Folder.File("blank"), Mebibytes * (long)GuestDisks.MiB), GuestBus.Virtio) { Serial = "BLANK002" });
        var away = SparseFile.Create(Folder.File("away"), Mebibytes * (long)GuestDisks.MiB);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", away);
        Add(new GuestDisk("away", away, GuestBus.Usb) { Serial = "AWAY0003" });
    }

    internal string Scratch(string name) => Folder.File("scratch-" + name);

    private protected override void Prepare(Guest guest) => guest.Must($$"""
        set -e
        disk={{guest.Path(Disk("busy"))}}
        for p in 1 2; do
            echo "0 $(blockdev --getsz ${disk}$p) linear ${disk}$p 0" | dmsetup create live$p
            mkdir -p /live$p
            mount -t ext4 /dev/mapper/live$p /live$p
            dd if=/dev/urandom of=/live$p/old bs=1M count=24
        done
        mkswap ${disk}3
        sync
        """);

    private static string TwoVolumes(string disk)
    {
        SparseFile.Create(disk, Mebibytes * (long)GuestDisks.MiB);
        Tool.Must("sgdisk", "--new=1:1M:+120M", "--new=2:0:+120M", "--new=3:0:+8M", "--typecode=3:8200", disk);
        foreach (var start in (long[])[1, 121]) Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-E", $"offset={start * GuestDisks.MiB}", disk, "120M");
        return disk;
    }
}

/// <summary>Images of a disk that is written to all the while.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestHotTests(GuestHotMachine machine) : IClassFixture<GuestHotMachine>
{
    /// <summary>
    /// Writes a number to the first volume, then to the second, each synced, again and again, with random data around it. At any one instant the
    /// first is equal to the second or one more.
    /// </summary>
    private const string Writers = """
        write_pairs() {
            i=0
            while [ ! -e /tmp/stop ]; do
                i=$((i + 1))
                for v in 1 2; do
                    echo $i >/live$v/count.new
                    dd if=/dev/urandom of=/live$v/data bs=64k count=8 seek=$((i % 20 * 8)) conv=notrunc 2>/dev/null
                    sync /live$v/count.new && mv /live$v/count.new /live$v/count && sync /live$v
                done
            done
        }

        """;

    /// <summary>What must not be left of a snapshot.</summary>
    private const string NothingIsLeft = """
        nothing_is_left() {
            [ "$(dmsetup ls | sort | cut -f1 | tr '\n' ' ')" = "live1 live2 " ] || { dmsetup ls; return 1; }
            dmsetup table | grep -v linear && return 1
            cat /sys/block/loop*/loop/backing_file 2>/dev/null && return 1
            [ -z "$(ls /run/rescuekit/snapshots)" ] || return 1
            for v in 1 2; do echo still writable >/live$v/probe && sync /live$v/probe || return 1; done
        }

        """;

    private Guest Guest => machine.Guest;

    [Fact]
    public void Two_volumes_are_imaged_at_one_instant_while_they_are_written()
    {
        var (busy, blank) = (machine.Path("busy"), machine.Path("blank"));
        Guest.Must($"""
            {Writers}{NothingIsLeft}set -e
            rm -f /tmp/stop
            write_pairs &
            until [ -s /live2/count ]; do sleep 0.1; done
            rescuekit image create --hot {busy} /tmp/hot.rki --verify --quiet-timeout 0
            cp /live2/count /tmp/after
            until [ "$(cat /live2/count)" -gt "$(cat /tmp/after)" ]; do sleep 0.1; done
            touch /tmp/stop
            wait
            nothing_is_left
            rm -f /tmp/stop
            rescuekit image restore /tmp/hot.rki {blank} --confirm K002 --verify
            """);
        var image = Guest.Json("rescuekit image info /tmp/hot.rki --json");
        // A frozen ext4 is clean: its journal is empty, and its map is believed.
        Assert.All(image.GetProperty("partitions").EnumerateArray(), volume => Assert.False(volume.GetProperty("whole").GetBoolean(), volume.ToString()));
        var info = image.GetProperty("taken");
        Assert.Equal(("hot", "file-system", "device-mapper"), (info.GetProperty("kind").GetString(), info.GetProperty("consistency").GetString(), info.GetProperty("provider").GetString()));
        Assert.InRange(info.GetProperty("freeze_seconds").GetDouble(), 0.000001, 60);
        var counts = Guest.Must($"""
            set -e
            for v in 1 2; do mount -t ext4 -o ro,noload {blank}$v /mnt; cat /mnt/count; umount /mnt; done
            cat /tmp/after
            rm /tmp/hot.rki
            """).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray();
        Assert.InRange(counts[0] - counts[1], 0, 1);
        Assert.InRange(counts[1], 1, counts[2]);
        foreach (var start in (long[])[1, 121]) CheckFileSystem(start);
    }

    [Fact]
    public void A_disk_is_cloned_at_one_instant_while_it_is_written()
    {
        var (busy, blank) = (machine.Path("busy"), machine.Path("blank"));
        Guest.Must($"""
            {Writers}{NothingIsLeft}set -e
            rm -f /tmp/stop /live?/count
            write_pairs &
            until [ -s /live2/count ]; do sleep 0.1; done
            rescuekit clone --hot {busy} {blank} --confirm K002 --verify --quiet-timeout 0 --json >/tmp/receipt
            touch /tmp/stop
            wait
            nothing_is_left
            rm -f /tmp/stop
            """);
        Assert.Equal("file-system", Guest.Json("cat /tmp/receipt").GetProperty("hot").GetProperty("consistency").GetString());
        var counts = Guest.Must($"""
            set -e
            for v in 1 2; do mount -t ext4 -o ro,noload {blank}$v /mnt; cat /mnt/count; umount /mnt; done
            """).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray();
        Assert.InRange(counts[0] - counts[1], 0, 1);
        foreach (var start in (long[])[1, 121]) CheckFileSystem(start);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_clone_whose_snapshot_is_lost_leaves_a_target_that_nothing_recognises()
    {
        var blank = machine.Path("blank");
        Guest.Must("mkdir -p /small && mount -t tmpfs -o size=80M none /small");
        var failed = default(GuestResult);
        Slowly(() => failed = Guest.Must($"""
            rescuekit clone --hot {machine.Path("busy")} {blank} --confirm K002 --store /small --quiet-timeout 0 --quiet &
            program=$!
            disk=/sys/class/block/$(basename {blank})/stat
            read -r r1 r2 r3 r4 w1 w2 before rest <$disk
            until read -r r1 r2 r3 r4 w1 w2 now rest <$disk && [ $now -gt $((before + 4096)) ]; do kill -0 $program || exit 7; sleep 0.1; done
            for i in 1 2; do dd if=/dev/urandom of=/live1/old bs=1M count=24 conv=notrunc,fsync || exit 8; done
            wait $program
            """, 1));
        Assert.Contains("copy-on-write store in /small", failed!.Error, StringComparison.Ordinal);
        Assert.Contains("neither booted nor mounted", failed.Error, StringComparison.Ordinal);
        Guest.Must($"{NothingIsLeft}nothing_is_left && umount /small");
        Assert.Equal("", Guest.Must($"blockdev --rereadpt {blank} || exit 8; [ ! -e {blank}1 ] || exit 9; blkid {blank} || true").Output.Trim());
        Assert.Contains("lies on", Guest.Must($"rescuekit clone --hot {machine.Path("busy")} /live1/copy.raw; code=$?; [ ! -e /live1/copy.raw ] || exit 9; exit $code", 4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_program_is_killed_and_its_guardian_removes_the_snapshot()
    {
        Slowly(() => Guest.Must($"""
            {NothingIsLeft}
            rescuekit image create --hot {machine.Path("busy")} /tmp/killed.rki --quiet-timeout 0 --quiet &
            program=$!
            until dmsetup ls | grep -q frozen && [ -s /tmp/killed.rki ]; do kill -0 $program || exit 1; sleep 0.1; done
            kill -9 $program
            until nothing_is_left >/dev/null 2>&1; do sleep 0.2; done
            """));
        Assert.Contains("never completed", Guest.Must("rescuekit image verify /tmp/killed.rki", 3).Error, StringComparison.Ordinal);
        Assert.Contains("hot image", Guest.Must($"rescuekit image create {machine.Path("blank")} /tmp/killed.rki --resume; code=$?; rm /tmp/killed.rki; exit $code", 3).Error, StringComparison.Ordinal);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void Program_and_guardian_are_killed_and_the_next_run_removes_the_snapshot()
    {
        Slowly(() => Guest.Must($"""
            rescuekit image create --hot {machine.Path("busy")} /tmp/killed.rki --quiet-timeout 0 --quiet &
            program=$!
            until dmsetup ls | grep -q frozen && [ -s /tmp/killed.rki ]; do kill -0 $program || exit 1; sleep 0.1; done
            killall -9 rescuekit
            wait $program
            dmsetup ls | grep frozen
            """));
        Guest.Must($"""
            {NothingIsLeft}
            set -e
            rescuekit image create --hot {machine.Path("busy")} /tmp/next.rki --verify --quiet-timeout 0
            nothing_is_left
            rm /tmp/killed.rki /tmp/next.rki
            """);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_store_that_is_full_fails_the_backup_and_harms_nothing_else()
    {
        Guest.Must("mkdir -p /small && mount -t tmpfs -o size=80M none /small");
        var failed = default(GuestResult);
        Slowly(() => failed = Guest.Must($"""
            rescuekit image create --hot {machine.Path("busy")} /tmp/full.rki --store /small --quiet-timeout 0 --quiet &
            program=$!
            until dmsetup ls | grep -q frozen && [ -s /tmp/full.rki ]; do kill -0 $program || exit 7; sleep 0.1; done
            for i in 1 2; do dd if=/dev/urandom of=/live1/old bs=1M count=24 conv=notrunc,fsync || exit 8; done
            wait $program
            """, 1));
        Assert.Contains("copy-on-write store in /small", failed!.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--resume", failed.Error, StringComparison.Ordinal);
        Guest.Must($"{NothingIsLeft}nothing_is_left && umount /small");
        Guest.Must("rescuekit image verify /tmp/full.rki; code=$?; rm /tmp/full.rki; exit $code", 3);
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_file_system_that_somebody_else_froze_fails_the_snapshot_and_stays_frozen()
    {
        var failed = Guest.Must($"""
            fsfreeze --freeze /live2 || exit 8
            rescuekit image create --hot {machine.Path("busy")} /tmp/frozen.rki --quiet-timeout 0; code=$?
            fsfreeze --unfreeze /live2 || exit 9
            [ ! -e /tmp/frozen.rki ] || exit 10
            exit $code
            """, 1);
        Assert.Contains("/live2 cannot be frozen", failed.Error, StringComparison.Ordinal);
        Guest.Must($"{NothingIsLeft}nothing_is_left");
    }

    [Fact]
    public void What_cannot_be_frozen_is_named_with_what_to_do()
    {
        var blank = machine.Path("blank");
        var refused = Guest.Must($"""
            mke2fs -q {blank} && mount -t ext2 {blank} /mnt
            rescuekit image create --hot {blank} /tmp/refused.rki; code=$?
            umount /mnt; dd if=/dev/zero of={blank} bs=64k count=1 conv=notrunc
            [ ! -e /tmp/refused.rki ] || exit 9
            exit $code
            """, 4);
        Assert.Contains("mounted at /mnt", refused.Error, StringComparison.Ordinal);
        Assert.Contains("rescue media", refused.Error, StringComparison.Ordinal);
        // Without --hot a disk in use is refused as ever.
        Assert.Contains("--hot", Guest.Must($"rescuekit image create {machine.Path("busy")} /tmp/cold.rki", 4).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Writers_freeze_what_is_theirs_and_the_image_tells_of_the_rest()
    {
        Guest.Must($$"""
            {{NothingIsLeft}}set -e
            mkdir -p /etc/rescuekit/writers.d
            cat >/etc/rescuekit/hook <<'END'
            #!/bin/sh
            # Refused where the file systems are frozen already, or still.
            [ $1 = complete ] || touch /live2/touched || exit 1
            echo "$1 $RESCUEKIT_OUTCOME ${RESCUEKIT_SNAPSHOT:+snapshot}" >>/tmp/calls
            END
            printf '#!/bin/sh\nwhile :; do sleep 1; done\n' >/tmp/mongod
            chmod 755 /etc/rescuekit/hook /tmp/mongod
            echo '{"name": "app", "type": "hook", "command": "/etc/rescuekit/hook", "covers": ["/live2"]}' >/etc/rescuekit/writers.d/app.json
            (cd /live1 && exec /tmp/mongod) &
            until [ "$(cat /proc/$!/comm)" = mongod ]; do sleep 0.1; done
            rescuekit image create --hot {{machine.Path("busy")}} /tmp/app.rki --quiet-period 1s --json >/tmp/receipt; code=$?
            kill $!
            rm -r /etc/rescuekit
            [ $code = 0 ] && nothing_is_left
            """);
        Assert.Equal("prepare\nfreeze\nthaw taken\ncomplete success snapshot", string.Join('\n', Guest.Must("cat /tmp/calls; rm /tmp/calls").Output.Trim().Split('\n').Select(line => line.Trim())));
        AssertTold(Guest.Json("cat /tmp/receipt").GetProperty("hot"), "writers");
        var info = Guest.Json("rescuekit image info /tmp/app.rki --json");
        AssertTold(info.GetProperty("taken"), "writer_results");
        Assert.True(info.GetProperty("taken").GetProperty("quiet_reached").GetBoolean());
        Assert.Equal(["file-system", "application", null], info.GetProperty("partitions").EnumerateArray().Select(volume => volume.GetProperty("consistency").GetString()));
        var text = Guest.Must("rescuekit image info /tmp/app.rki; rm /tmp/app.rki").Output;
        Assert.Matches("writer +app \\(hook\\): frozen", text);
        Assert.Matches("UNFROZEN +mongod ran with files in /live1", text);

        static void AssertTold(JsonElement taken, string writers)
        {
            Assert.Equal("file-system", taken.GetProperty("consistency").GetString());
            var writer = Assert.Single(taken.GetProperty(writers).EnumerateArray());
            Assert.Equal(("app", "frozen", 2), (writer.GetProperty("name").GetString(), writer.GetProperty("state").GetString(), writer.GetProperty("partitions")[0].GetInt32()));
            var database = Assert.Single(taken.GetProperty("databases").EnumerateArray());
            Assert.Equal(("mongod", "/live1", JsonValueKind.Null), (database.GetProperty("program").GetString(), database.GetProperty("folder").GetString(), database.GetProperty("writer").ValueKind));
        }
    }

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_writer_without_which_no_image_is_wanted_prevents_it()
    {
        var failed = Guest.Must($$"""
            mkdir -p /etc/rescuekit/writers.d
            printf '#!/bin/sh\necho $1 >>/tmp/calls\n[ $1 != freeze ]\n' >/etc/rescuekit/refuses; chmod 755 /etc/rescuekit/refuses
            echo '{"name": "refuses", "type": "hook", "command": "/etc/rescuekit/refuses", "on_failure": "abort"}' >/etc/rescuekit/writers.d/refuses.json
            rescuekit image create --hot {{machine.Path("busy")}} /tmp/no.rki --quiet-timeout 0; code=$?
            [ ! -e /tmp/no.rki ] || exit 9
            rescuekit image create --hot {{machine.Path("busy")}} /tmp/without.rki --quiet-timeout 0 --no-writers || code=10
            rm -r /tmp/without.rki /etc/rescuekit
            exit $code
            """, 1);
        Assert.Contains("the writer refuses failed its freeze with exit code 1", failed.Error, StringComparison.Ordinal);
        Assert.Equal("prepare freeze thaw complete", Guest.Must("echo $(cat /tmp/calls); rm /tmp/calls").Output.Trim());
        Guest.Must($"{NothingIsLeft}nothing_is_left");
    }

    /// <summary>A disk so slow that the backup is still running when something happens to it.</summary>
    private void Slowly(Action what)
    {
        Guest.Limit(machine.Disk("busy"), 4 << 20);
        try
        {
            what();
        }
        finally
        {
            Guest.Limit(machine.Disk("busy"), 0);
        }
    }

    private void CheckFileSystem(long startMebibyte)
    {
        var volume = machine.Scratch("volume");
        Tool.Must("dd", "if=" + machine.File("blank"), "of=" + volume, "bs=1M", $"skip={startMebibyte}", "count=120", "status=none");
        Tool.Must("e2fsck", "-fn", volume);
    }
}
