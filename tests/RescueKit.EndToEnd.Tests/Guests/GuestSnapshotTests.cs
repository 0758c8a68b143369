using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>What holds of every snapshot that other programs are given, whoever takes it, of whatever, and wherever it keeps what is overwritten.</summary>
[Collection(GuestTests.Name)]
public sealed class GuestSnapshotTests(GuestSnapshotMachine machine) : IClassFixture<GuestSnapshotMachine>
{
    private const string Functions = """
        set -e
        # A shell goes on after what fails behind '!' or before '&&'.
        fails() { if "$@" 2>/dev/null; then echo "succeeded: $*" >&2; exit 40; fi; }
        create() {
            rescuekit snapshot create "$@" --quiet-timeout 0 --json >/tmp/made
            id=$(sed -n 's/^  "id": "\(.*\)",$/\1/p' /tmp/made)
            [ -n "$id" ]
        }
        nothing_is_left() {
            dmsetup ls | sort | diff /tmp/mappings -
            dmsetup table | sort | diff /tmp/tables -
            fails cat /sys/block/loop*/loop/backing_file
            [ -z "$(ls /run/rescuekit/snapshots)" ]
        }
        still_works() {
            echo works >/$1/probe
            sync /$1/probe
            [ "$(cat /$1/probe)" = works ]
        }

        """;

    private Guest Guest => machine.Guest;

    /// <summary>Of each volume, where what is overwritten on it is kept.</summary>
    public static TheoryData<string, string> Kinds => Rows([("ext4", "memory"), ("thin", "")], ("ext4", "DEVICE"), ("xfs", "memory"), ("xfs", "DEVICE"), ("ext4", "/small"), ("thick", ""));

    public static TheoryData<string, string> Fillable => Rows([("ext4", "DEVICE")], ("thick", ""), ("thin", ""));

    public static TheoryData<string> Logical => TestScale.IsWide ? ["thick", "thin"] : ["thick"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void It_shows_what_was_there_while_everything_is_overwritten(string volume, string store)
    {
        var listed = Guest.Json($$"""
            {{Functions}}
            md5sum </{{volume}}/old >/tmp/old
            create /{{volume}} {{Store(store)}}
            echo second >/{{volume}}/state
            dd if=/dev/urandom of=/{{volume}}/old bs=1M count=6 conv=notrunc
            sync
            rescuekit snapshot mount $id /before >&2
            [ "$(cat /before/state)" = first ]
            [ "$(cat /{{volume}}/state)" = second ]
            md5sum </before/old | diff /tmp/old -
            fails touch /before/new
            rescuekit snapshot list --json
            umount /before
            rescuekit snapshot release $id >&2
            nothing_is_left >&2
            still_works {{volume}}
            echo first >/{{volume}}/state
            """).GetProperty("snapshots");
        var snapshot = Assert.Single(listed.EnumerateArray());
        var frozen = Assert.Single(snapshot.GetProperty("volumes").EnumerateArray());
        Assert.Equal(("file-system", true, false), (snapshot.GetProperty("consistency").GetString(), snapshot.GetProperty("kept").GetBoolean(), snapshot.GetProperty("lost").GetBoolean()));
        Assert.True(frozen.GetProperty("in_use").GetBoolean());
        Assert.Equal("/" + volume, Assert.Single(frozen.GetProperty("mount_points").EnumerateArray()).GetString());
        if (volume != "thin") Assert.InRange(frozen.GetProperty("store_used").GetInt64(), 1, frozen.GetProperty("store_length").GetInt64());
    }

    /// <summary>Two of one UUID cannot be mounted side by side before Linux 6.7.</summary>
    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void Of_btrfs_the_device_shows_what_was_there()
    {
        var refused = Guest.Must($$"""
            {{Functions}}
            create /btrfs
            device=$(sed -n 's/.*"device": "\(.*\)",$/\1/p' /tmp/made)
            md5sum <$device >/tmp/old
            dd if=/dev/urandom of=/btrfs/old bs=1M count=6 conv=notrunc,fsync
            md5sum <$device | diff /tmp/old -
            code=0; rescuekit snapshot mount $id /before || code=$?
            rescuekit snapshot release $id
            nothing_is_left
            still_works btrfs
            exit $code
            """, 1);
        Assert.Contains("before Linux 6.7", refused.Error, StringComparison.Ordinal);
    }

    /// <summary>LVM takes nothing away that is open.</summary>
    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("ext4")]
    [InlineData("thick")]
    [InlineData("thin")]
    public void It_is_not_released_while_it_is_mounted_but_by_force(string volume)
    {
        var refused = Guest.Must($$"""
            {{Functions}}
            create /{{volume}}
            rescuekit snapshot mount $id /before
            code=0; rescuekit snapshot release $id || code=$?
            cat /before/state
            exit $code
            """, 4);
        Assert.Contains("/before", refused.Error, StringComparison.Ordinal);
        Guest.Must($$"""
            {{Functions}}
            rescuekit snapshot release --all --force >/tmp/said
            still_works {{volume}}
            echo 3 >/proc/sys/vm/drop_caches
            {{(volume == "ext4" ? "fails md5sum /before/old >/dev/null" : "md5sum /before/old && grep 'goes with the next run' /tmp/said")}}
            umount /before
            # What could not go while it was open goes with the next run.
            create /ext4
            rescuekit snapshot release $id
            nothing_is_left
            """);
    }

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("ext4")]
    [InlineData("thick")]
    [InlineData("thin")]
    public void One_whose_guardian_was_killed_is_removed_by_the_next_run(string volume)
    {
        Guest.Must($$"""
            {{Functions}}
            create /{{volume}}
            killall -9 rescuekit
            until [ "$(rescuekit snapshot list --json | tr -d ' \n')" = '{"snapshots":[]}' ]; do usleep 50000; done
            still_works {{volume}}
            create /{{volume}}
            grep -E 'nobody held|was removed' /tmp/made
            rescuekit snapshot release $id
            nothing_is_left
            """);
    }

    [Theory]
    [MemberData(nameof(Fillable))]
    public void One_whose_store_is_full_is_lost_and_says_so_and_the_volume_is_not_harmed(string volume, string store)
    {
        var refused = Guest.Must($$"""
            {{Functions}}
            [ {{volume}} != thin ] || lvm lvcreate -q -y --thin -V 200m -n other vg0/pool
            dmsetup ls | sort >/tmp/mappings
            dmsetup table | sort >/tmp/tables
            create /{{volume}} {{Store(store)}}
            {{RoomRunsOut(volume)}}
            until rescuekit snapshot list --json | grep -q '"lost": true'; do usleep 200000; done
            rm -f /{{volume}}/much
            [ {{volume}} != thick ] || lvm lvremove -q -y vg0/filler
            code=0; rescuekit snapshot mount $id /before || code=$?
            rescuekit snapshot release $id
            nothing_is_left
            still_works {{volume}}
            [ "$(cat /{{volume}}/state)" = first ]
            exit $code
            """, 1);
        Assert.Contains("is lost", refused.Error, StringComparison.Ordinal);
        Guest.Must("""
            [ ! -e /dev/vg0/other ] || lvm lvremove -q -y vg0/other
            dmsetup ls | sort >/tmp/mappings
            dmsetup table | sort >/tmp/tables
            """);
    }

    /// <summary>As long as there is room, it grows before it is full. It begins with half of what there is, at most.</summary>
    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("ext4", "/small")]
    [InlineData("thick", "")]
    public void A_store_is_made_larger(string volume, string store)
    {
        foreach (var disk in (string[])["parts", "group"]) Guest.Limit(machine.Disk(disk), 8 << 20);
        try
        {
            Guest.Must($$"""
                {{Functions}}
                room=$({{(volume == "thick" ? "lvm vgs --noheadings --nosuffix --units b -o vg_free vg0" : "stat -f -c '%a * %S' /small | sed 's/.*/echo $((& - (64 << 20)))/' | sh")}})
                create /{{volume}} {{Store(store)}}
                dd if=/dev/urandom of=/{{volume}}/much bs=1M count=30 conv=fsync
                rescuekit snapshot list --json >/tmp/later
                grep '"lost": false' /tmp/later
                [ $(sed -n 's/.*"store_length": \([0-9]*\).*/\1/p' /tmp/later) -gt $((room / 2)) ]
                rescuekit snapshot release $id
                rm /{{volume}}/much
                nothing_is_left
                """);
        }
        finally
        {
            foreach (var disk in (string[])["parts", "group"]) Guest.Limit(machine.Disk(disk), 0);
        }
    }

    [Fact]
    public void Volumes_of_several_disks_are_frozen_together_and_two_kinds_are_not()
    {
        Guest.Must($$"""
            {{Functions}}
            create /ext4 /xfs /btrfs
            rescuekit snapshot mount $id:2 /before
            [ "$(cat /before/state)" = first ]
            umount /before
            code=0; rescuekit snapshot create /xfs || code=$?; [ $code = 4 ]
            rescuekit snapshot release $id
            code=0; rescuekit snapshot create /ext4 /thick || code=$?; [ $code = 2 ]
            nothing_is_left
            """);
    }

    [Theory]
    [MemberData(nameof(Logical))]
    public void A_logical_volume_is_imaged_hot(string volume)
    {
        var image = Guest.Json($$"""
            {{Functions}}
            md5sum </{{volume}}/old >/tmp/old
            rescuekit image create --hot /dev/vg0/{{volume}} /tmp/volume.rki --verify --quiet-timeout 0 >&2
            nothing_is_left >&2
            rescuekit image restore /tmp/volume.rki /tmp/volume.raw --verify >&2
            losetup -r /dev/loop7 /tmp/volume.raw
            mount -t ext4 -o ro,noload /dev/loop7 /before
            md5sum </before/old | diff /tmp/old - >&2
            [ "$(cat /before/state)" = first ]
            umount /before
            losetup -d /dev/loop7
            rescuekit image info /tmp/volume.rki --json
            rm /tmp/volume.r*
            """);
        Assert.Equal(("hot", "file-system", "lvm"), (image.GetProperty("taken").GetProperty("kind").GetString(), image.GetProperty("taken").GetProperty("consistency").GetString(),
            image.GetProperty("taken").GetProperty("provider").GetString()));
    }

    /// <param name="wide">More of them in the wide run.</param>
    private static TheoryData<string, string> Rows((string Volume, string Store)[] core, params (string Volume, string Store)[] wide)
    {
        var rows = new TheoryData<string, string>();
        foreach (var (volume, store) in TestScale.IsWide ? [.. core, .. wide] : core) rows.Add(volume, store);
        return rows;
    }

    private static string RoomRunsOut(string volume) => volume switch
    {
        // Looked at between small steps: a pool that is full makes all who write to it wait.
        "thin" => "at=0; until rescuekit snapshot list --json | grep -q '\"lost\": true'; do dd if=/dev/urandom of=/dev/vg0/other bs=1M count=16 seek=$at conv=fsync; at=$((at + 16)); done",
        "thick" => "lvm lvcreate -q -y -l 100%FREE -n filler vg0; dd if=/dev/urandom of=/thick/much bs=1M count=110 conv=fsync",
        _ => $"dd if=/dev/urandom of=/{volume}/much bs=1M count=40 conv=fsync",
    };

    private string Store(string store) => store switch
    {
        "" => "",
        "DEVICE" => "--store " + machine.Path("spare"),
        _ => "--store " + store,
    };
}
