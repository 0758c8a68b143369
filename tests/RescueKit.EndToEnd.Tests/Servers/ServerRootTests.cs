using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Media;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Servers;

/// <summary>Whole disks of running servers, the file system that they run from included, imaged by the agent as README has it.</summary>
[Collection(MediaTests.Name)]
public sealed class ServerRootTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// ext4 is in <see cref="ServerDatabaseTests"/>. Files are written to two other volumes and root in turn, each synced before the next. The agent is killed
    /// in the middle of its first backup, which it makes up for.
    /// </summary>
    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("lvm")]
    [InlineData("xfs")]
    public void The_agent_images_a_root_of_another_kind_which_is_restored_and_started(string root)
    {
        var store = ServerGuest.MakeStore(_folder.File("store"));
        var image = _folder.File("web1.rki");
        using (var server = new ServerGuest(ServerGuest.MakeDisk(_folder.File("disk"), root), store))
        {
            server.InstallPackage(MakePackage());
            server.InstallHook();
            server.Must(WriteInTurn);
            server.Must(Configure);
            server.Until("[ $(cat /mnt/turn) -gt 5 ]");
            KillInTheMiddle(server);
            server.Until("rescuekit agent status");
            var images = server.Must("ls /mnt/web1-*.rki").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Single(images);
            server.Must($"rescuekit image verify {images[0]}");
            RestoreDataVolume(server, images[0]);
            // Boot loader's tools and LVM's own go on working above the mappings.
            server.Must("update-grub && grub-install /dev/vda");
            if (root == "lvm") server.Must("lvcreate -q -n more -L 40m vg0 && lvremove -q -y vg0/more");
            server.Must("dpkg --purge rescuekit; rm /root/rescuekit.deb");
            server.Restart();
            Assert.DoesNotContain("rescuekit", server.Must("dmsetup ls; find / -xdev -path '*rescuekit*'").Output, StringComparison.Ordinal);
            server.PowerOff();
            Tool.Must("debugfs", "-R", $"dump /{Path.GetFileName(images[0])} {image}", store);
        }
        var target = _folder.File("target");
        MediaImage.Rescuekit("image", "restore", image, target, "--verify");

        using var restored = new ServerGuest(target, store);
        var turns = restored.Must("cat /srv/data/turn /var/lib/turn /srv/wal/turn").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        // One after the other: the first is at most one turn ahead of the last, and never behind.
        Assert.Equal(3, turns.Count);
        Assert.True(turns[0] >= turns[1] && turns[1] >= turns[2] && turns[0] <= turns[2] + 1, string.Join(' ', turns));
        Assert.Contains("rescuekit-vda", restored.Must("dmsetup ls").Output, StringComparison.Ordinal);
    }

    internal const string WriteInTurn = """
        cat >/root/turns <<'END'
        i=0
        while :; do
            i=$((i + 1))
            for folder in /srv/data /var/lib /srv/wal; do echo $i >$folder/turn.new; sync $folder/turn.new; mv $folder/turn.new $folder/turn; sync $folder; done
            echo $i >/mnt/turn
        done
        END
        nohup sh /root/turns >/dev/null 2>&1 </dev/null &
        """;

    /// <summary>Never due by itself.</summary>
    private const string Configure = """
        cat >/etc/rescuekit/agent.json <<'END'
        {
          "jobs": [{
            "name": "system", "source": "/dev/vda", "folder": "/mnt", "file": "web1-{date}-{time}.rki", "schedule": "*-02-29 03:00", "quiet_timeout": "1s", "retention": { "keep": 1 }
          }]
        }
        END
        chmod 600 /etc/rescuekit/agent.json
        rescuekit agent check-config
        systemctl start rescuekit-agent
        """;

    private string MakePackage()
    {
        MediaImage.Rescuekit("--version"); // publishes it where that is still to be done
        var scripts = Path.Combine(GuestPaths.Repository, "scripts");
        var executable = Path.Combine(GuestPaths.Repository, "artifacts", "publish", "RescueKit.Cli", "release", "rescuekit");
        return Tool.Must(new ToolRequest(Path.Combine(scripts, "package"), ["--executable", executable, _folder.Folder("package")]) { Limit = TimeSpan.FromMinutes(15) })
            .Output.Trim().Split('\n')[^1];
    }

    /// <summary>Beside the running root, on the same disk; the rest of the server goes on.</summary>
    private static void RestoreDataVolume(ServerGuest server, string image)
    {
        server.Must($$"""
            pkill -fx 'sh /root/turns'
            sync
            rm /srv/data/turn
            echo later >/srv/data/later
            code=0; rescuekit image restore {{image}} /dev/mapper/rescuekit-vda4 --partition 4 --confirm x || code=$?
            [ $code = 4 ] # it is mounted
            umount /srv/data
            id=$(rescuekit disk show /dev/mapper/rescuekit-vda4 --json | sed -n 's/.*"confirm_id": "\(.*\)".*/\1/p')
            rescuekit image restore {{image}} /dev/mapper/rescuekit-vda4 --partition 4 --confirm "$id" --verify
            mount /srv/data
            [ -s /srv/data/turn ]
            [ ! -e /srv/data/later ]
            umount /srv/data
            e2fsck -fn /dev/mapper/rescuekit-vda4
            mount /srv/data
            """);
    }

    private static void KillInTheMiddle(ServerGuest server)
    {
        var backup = server.Begin("rescuekit agent backup system");
        server.Until("dmsetup ls | grep -q frozen && [ $(cat /mnt/web1-*.rki* 2>/dev/null | wc -c) -gt 4000000 ]");
        Assert.False(backup.IsCompleted, "the backup was over too soon");
        server.Must("systemctl kill --signal=KILL --kill-whom=main rescuekit-agent");
        Assert.NotEqual(0, backup.GetAwaiter().GetResult().ExitCode);
        server.Until("[ $(systemctl show -P NRestarts rescuekit-agent) = 1 ] && systemctl is-active rescuekit-agent");
        server.Until("journalctl -u rescuekit-agent | grep -q 'cut off'");
    }
}
