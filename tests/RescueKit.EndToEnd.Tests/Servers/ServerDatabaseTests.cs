using System.Globalization;
using System.Text.Json;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Media;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Servers;

/// <summary>The mission: a server with busy databases is imaged while it works; rescue media put the image onto a blank disk, which starts.</summary>
[Collection(MediaTests.Name)]
public sealed class ServerDatabaseTests(MediaImage media) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// PostgreSQL has its data and its log on different volumes, under pgbench, and is told of the instant; SQLite is not. Every transaction that a client
    /// had been told is committed before the databases were asked to freeze is there afterwards.
    /// </summary>
    [Fact]
    public void A_server_is_imaged_while_its_databases_work_and_restored_by_the_rescue_media()
    {
        var store = ServerGuest.MakeStore(_folder.File("store"));
        using (var server = new ServerGuest(ServerGuest.MakeDisk(_folder.File("disk"), "ext4"), store))
        {
            server.Equip();
            server.InstallHook();
            server.Must(MakeDatabases);
            server.Must(KeepThemBusy);
            server.Until("[ $(wc -l </mnt/committed) -gt 20 ] && [ $(wc -l </mnt/moved) -gt 20 ]");
            var created = server.Must("rescuekit image create --hot /dev/vda /mnt/web1.rki --codec lz4 --quiet-timeout 1s --receipt /mnt/receipt.json");
            Assert.Contains("Backup: complete", created.Output, StringComparison.Ordinal);
            // Both went on while the image was made.
            Assert.True(Number(server, "tail -n 1 /mnt/committed") > Number(server, "cat /mnt/committed-at-freeze"));
            using var receipt = JsonDocument.Parse(server.Must("cat /mnt/receipt.json").Output);
            var hot = receipt.RootElement.GetProperty("hot");
            Assert.Equal("application", hot.GetProperty("consistency").GetString());
            Assert.InRange(hot.GetProperty("freeze_seconds").GetDouble(), 0.0001, 60);
            Assert.DoesNotContain("rescuekit", server.Must("dmsetup ls | grep -v rescuekit-vda || true").Output, StringComparison.Ordinal);
            server.PowerOff();
        }

        var target = SparseFile.Create(_folder.File("target"), 5L << 30);
        RestoreByMedia(store, target);

        using var restored = new ServerGuest(target, store);
        restored.MountStore();
        restored.Must("pg_ctlcluster 15 main start");
        restored.Until("runuser -u postgres -- pg_isready -q");
        restored.Must("cd /; runuser -u postgres -- /usr/lib/postgresql/15/bin/pg_amcheck --heapallindexed bench");
        Assert.Equal("t", Ask(restored, "select sum(abalance) = (select sum(bbalance) from pgbench_branches) and sum(abalance) = (select sum(tbalance) from pgbench_tellers) "
            + "and sum(abalance) = (select coalesce(sum(delta), 0) from pgbench_history) from pgbench_accounts"));
        Assert.Equal("t", Ask(restored, "select count(*) > 0 from pgbench_history"));
        var last = Number(restored, "cat /mnt/committed-at-freeze");
        Assert.InRange(long.Parse(Ask(restored, "select max(id) from seen"), CultureInfo.InvariantCulture), last, long.MaxValue);
        Assert.Equal("t", Ask(restored, "select count(*) = max(id) from seen"));
        Assert.Equal("ok", restored.Must("sqlite3 /srv/data/bank.db 'pragma integrity_check'").Output.Trim());
        Assert.Equal("2000000", restored.Must("sqlite3 /srv/data/bank.db 'select (select v from a) + (select v from b)'").Output.Trim());
        var moved = Number(restored, "sqlite3 /srv/data/bank.db 'select v from b'") - 1_000_000;
        Assert.InRange(moved, Number(restored, "cat /mnt/moved-at-freeze"), long.MaxValue);
    }

    private const string MakeDatabases = """
        pg_dropcluster 15 main
        install -d -o postgres -g postgres /srv/data/pg /srv/wal/pg
        pg_createcluster 15 main -d /srv/data/pg/main -o max_wal_size=96MB -o max_wal_senders=0 -o wal_level=minimal -- --waldir=/srv/wal/pg/main --wal-segsize=4 >/dev/null
        pg_ctlcluster 15 main start
        cd /
        runuser -u postgres -- createdb bench
        runuser -u postgres -- pgbench -q -i -s 1 bench
        runuser -u postgres -- psql -q -c 'create table seen(id bigint primary key)' -c 'create extension amcheck' bench
        sqlite3 /srv/data/bank.db 'create table a(v); create table b(v); insert into a values(1000000); insert into b values(1000000)'
        mkdir -p /etc/rescuekit/writers.d
        echo '{"name": "bench", "type": "postgresql", "user": "postgres"}' >/etc/rescuekit/writers.d/bench.json
        echo '{"name": "mark", "type": "hook", "command": "/root/mark"}' >/etc/rescuekit/writers.d/a-mark.json
        cat >/root/mark <<'END'
        #!/bin/sh
        [ "$1" = freeze ] || exit 0
        tail -n 1 /mnt/committed >/mnt/committed-at-freeze
        wc -l </mnt/moved >/mnt/moved-at-freeze
        END
        chmod 755 /root/mark
        """;

    /// <summary>Each client writes down what it has been told is committed, line by line, onto the disk that is not imaged.</summary>
    private const string KeepThemBusy = """
        cd /
        cat >/root/commits <<'END'
        i=0
        while :; do i=$((i + 1)); echo "insert into seen values ($i) returning id;"; done | runuser -u postgres -- psql -q -A -t bench | while read -r id; do echo $id >>/mnt/committed; done
        END
        cat >/root/moves <<'END'
        while :; do echo "begin immediate; update a set v = v - 1; update b set v = v + 1; commit; select 1;"; done | sqlite3 /srv/data/bank.db | while read -r one; do echo $one >>/mnt/moved; done
        END
        nohup runuser -u postgres -- pgbench -n -c 2 -T 36000 bench >/root/pgbench.log 2>&1 </dev/null &
        nohup sh /root/commits >/root/commits.log 2>&1 </dev/null &
        nohup sh /root/moves >/root/moves.log 2>&1 </dev/null &
        """;

    private static string Ask(ServerGuest server, string sql) => server.Must($"cd /; runuser -u postgres -- psql -A -t -c '{sql}' bench").Output.Trim();

    private static long Number(ServerGuest server, string script) => long.Parse(server.Must(script).Output.Trim(), CultureInfo.InvariantCulture);

    private void RestoreByMedia(string store, string target)
    {
        var kernel = Path.Combine(media.NetworkFolder, "rescuekit");
        using var machine = new MediaMachine(MediaFirmware.Bios,
        [
            "-kernel", Path.Combine(kernel, "vmlinuz"), "-initrd", Path.Combine(kernel, "initrd"), "-append",
            GuestKernelWords.Emulated + " quiet rescuekit.then=restart rescuekit.run=\"image restore LABEL=" + ServerGuest.StoreLabel + ":/web1.rki /dev/vdb --verify --confirm 0001\"",
            .. MediaMachine.Disk("store", store, "virtio-blk-pci", "serial=STORE-02"), .. MediaMachine.Disk("disk", target, "virtio-blk-pci", "serial=WEB-0001"),
        ]);
        machine.WaitFor("Restore: complete");
        machine.WaitFor("exit code 0: restarting");
        machine.WaitForEnd();
    }
}
