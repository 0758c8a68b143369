using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Media;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Servers;

/// <summary>Whole disks of running servers, the file system that they run from included.</summary>
public sealed class ServerRootTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>ext4 is in <see cref="ServerDatabaseTests"/>. Files are written to root and to two other volumes in turn, each synced before the next.</summary>
    [Theory]
    [InlineData("lvm")]
    [InlineData("xfs")]
    public void A_root_of_another_kind_is_imaged_hot_restored_and_started(string root)
    {
        if (TestScale.Factor == 1 && root == "xfs") return; // the wide run has it
        var store = ServerGuest.MakeStore(_folder.File("store"));
        var image = _folder.File("web1.rki");
        using (var server = new ServerGuest(ServerGuest.MakeDisk(_folder.File("disk"), root), store))
        {
            server.Equip();
            server.InstallHook();
            server.Must(WriteInTurn);
            server.Until("[ $(cat /mnt/turn) -gt 5 ]");
            server.Must("rescuekit image create --hot /dev/vda /mnt/web1.rki --quiet-timeout 0");
            // Boot loader's tools and LVM's own go on working above the mappings.
            server.Must("update-grub && grub-install /dev/vda");
            if (root == "lvm") server.Must("lvcreate -q -n more -L 40m vg0 && lvremove -q -y vg0/more");
            server.Must("rescuekit agent uninstall");
            server.Restart();
            Assert.DoesNotContain("rescuekit", server.Must("dmsetup ls || true; find / -xdev -path '*rescuekit*' -not -name rescuekit -not -path '/proc/*' -not -path '/root/*'").Output, StringComparison.Ordinal);
            server.PowerOff();
        }
        Tool.Must("debugfs", "-R", $"dump /web1.rki {image}", store);
        var target = _folder.File("target");
        MediaImage.Rescuekit("image", "restore", image, target, "--verify");

        using var restored = new ServerGuest(target, store);
        var turns = restored.Must("cat /srv/data/turn /var/lib/turn /srv/wal/turn").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        // One after the other: the first is at most one turn ahead of the last, and never behind.
        Assert.Equal(3, turns.Count);
        Assert.True(turns[0] >= turns[1] && turns[1] >= turns[2] && turns[0] <= turns[2] + 1, string.Join(' ', turns));
        Assert.Contains("rescuekit", restored.Must("dmsetup ls").Output, StringComparison.Ordinal);
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
}
