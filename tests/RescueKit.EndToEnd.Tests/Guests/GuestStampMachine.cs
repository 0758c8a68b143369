using System.Globalization;
using RescueKit.EndToEnd.Tests.Guests.Stamps;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>
/// A disk with two volumes on idle linear mappings, and one for images whose files are also read from outside, which is why it has no journal.
/// Two writers stamp files on both volumes: the first one synced with each write, the second through the page cache.
/// </summary>
public sealed class GuestStampMachine : GuestMachine
{
    private const int VolumeMebibytes = 48, Sectors = 8192;
    private const long Step = 1_000_000;
    private static readonly string[] s_modes = ["synced", "buffered"];
    private readonly StampHistory[] _histories = [new(1, Sectors), new(2, Sectors)];
    private int _runs;

    public GuestStampMachine(GuestSystem system) : base(system)
    {
        var busy = SparseFile.Create(Folder.File("busy"), (2 * VolumeMebibytes + 2) * (long)GuestDisks.MiB);
        Tool.Must("sgdisk", "--new=1:1M:+48M", "--new=2:0:+48M", busy);
        foreach (var start in (int[])[1, 1 + VolumeMebibytes])
            Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-E", $"offset={start * GuestDisks.MiB}", busy, $"{VolumeMebibytes}M");
        Add(new GuestDisk("busy", busy, GuestBus.Virtio) { Serial = "BUSY0001" });
        var vault = SparseFile.Create(Folder.File("vault"), 512L * GuestDisks.MiB);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-O", "^has_journal", vault);
        Add(new GuestDisk("vault", vault, GuestBus.Virtio) { Serial = "VAULT002" });
    }

    /// <summary>Runs a script while both writers are at work, from shortly after they began until some writes after its end.</summary>
    /// <returns>When the script began and ended, by the guest's clock, in ns.</returns>
    internal (long Began, long Ended) WhileStamping(string script, int seed)
    {
        _ = Guest;
        _runs++;
        Guest.Must($$"""
            rm -f /tmp/stop /tmp/going*
            {{string.Join('\n', s_modes.Select((mode, i) => $"perl /bin/stamps.pl write {i + 1} {seed + i} {Sectors} {_runs * Step} {mode} & pid{i + 1}=$!"))}}
            both_go_on() {
                rm -f /tmp/going*
                until [ -e /tmp/going1 ] && [ -e /tmp/going2 ]; do kill -0 $pid1 && kill -0 $pid2 || return 1; sleep 0.05; done
            }
            code=0
            both_go_on || code=100
            cut -d ' ' -f 1 /proc/uptime >/tmp/times
            { {{script}}
            } || code=$?
            cut -d ' ' -f 1 /proc/uptime >>/tmp/times
            both_go_on || code=101
            touch /tmp/stop
            wait $pid1 && wait $pid2 || code=102
            sync
            exit $code
            """);
        foreach (var history in _histories) history.GoOn(Guest.Must($"cat /tmp/stamps{history.Writer}.log").Output);
        // The clock of /proc/uptime shows whole hundredths of a second, rounded down.
        var times = Guest.Must("cat /tmp/times").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(time => decimal.Parse(time, CultureInfo.InvariantCulture)).ToArray();
        return ((long)(times[0] * 1_000_000_000), (long)((times[1] + 0.01m) * 1_000_000_000));
    }

    internal StampOracle Judge((long Began, long Ended) when, StampVolume first, StampVolume second) =>
        StampOracle.Judge(_histories, (writer, volume) => (volume == 1 ? first : second).File($"/stamps{writer}"), when.Began, when.Ended);

    /// <summary>Restores an image in the vault to a file on this machine, and takes both volumes from it, which must be without fault as file systems.</summary>
    internal (StampVolume First, StampVolume Second) Restore(string image)
    {
        var (copy, disk) = (FromVault(image), Folder.File("restored"));
        System.IO.File.Delete(disk);
        MatrixProgram.Must("image", "restore", copy, disk, "--verify", "--quiet");
        var volumes = Split(disk);
        Tool.Must("e2fsck", "-fn", volumes.First.Path);
        Tool.Must("e2fsck", "-fn", volumes.Second.Path);
        return volumes;
    }

    /// <summary>Takes both volumes from a whole disk.</summary>
    internal (StampVolume First, StampVolume Second) Split(string disk) => (Part(disk, 1), Part(disk, 1 + VolumeMebibytes));

    /// <summary>A copy of a file in the vault, which goes from there.</summary>
    internal string FromVault(string name)
    {
        var copy = Folder.File(name);
        StampVolume.Dump(File("vault"), "/" + name, copy);
        Guest.Must($"rm /vault/{name}");
        return copy;
    }

    private protected override void Prepare(Guest guest)
    {
        guest.Must($$"""
            set -e
            disk={{guest.Path(Disk("busy"))}}
            for p in 1 2; do
                echo "0 $(blockdev --getsz ${disk}$p) linear ${disk}$p 0" | dmsetup create live$p
                mkdir -p /live$p
                mount -t ext4 /dev/mapper/live$p /live$p
            done
            mkdir /vault
            mount -t ext4 {{guest.Path(Disk("vault"))}} /vault
            cat >/bin/stamps.pl <<'END'
            {{System.IO.File.ReadAllText(GuestPaths.StampsProgram)}}
            END
            for w in 1 2; do perl /bin/stamps.pl fill $w $w {{Sectors}} $w buffered; done
            sync
            """);
        foreach (var history in _histories) history.GoOn(guest.Must($"cat /tmp/stamps{history.Writer}.log").Output);
    }

    private StampVolume Part(string disk, int start)
    {
        var path = Folder.File(Guid.NewGuid().ToString());
        Tool.Must("dd", "if=" + disk, "of=" + path, "bs=1M", $"skip={start}", $"count={VolumeMebibytes}", "status=none");
        return new StampVolume(path);
    }
}
