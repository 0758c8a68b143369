using System.Globalization;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Media;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Servers;

/// <summary>The power fails while a server is imaged hot; whatever its disks had only in their caches is lost.</summary>
[Collection(MediaTests.Name)]
public sealed class ServerPowerCutTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, Trait(TestScale.Tier, TestScale.Wide)]
    [InlineData("dmsetup ls | grep -q frozen")]
    [InlineData("[ $(cat /mnt/web1.rki* 2>/dev/null | wc -c) -gt 8000000 ]")]
    public void The_system_starts_again_with_all_that_was_synced_and_no_image_looks_whole(string phase)
    {
        var (disk, store) = (ServerGuest.MakeDisk(_folder.File("disk"), "ext4"), ServerGuest.MakeStore(_folder.File("store")));
        int synced;
        using (var system = new LosingDisk(disk, _folder.File("system")))
        using (var images = new LosingDisk(store, _folder.File("images")))
        using (var server = new ServerGuest(system.Address, images.Address))
        {
            server.Equip();
            server.InstallHook();
            server.Must(ServerRootTests.WriteInTurn);
            server.Until("[ $(cat /mnt/turn) -gt 3 ]");
            var backup = server.Begin("rescuekit image create --hot /dev/vda /mnt/web1.rki --quiet-timeout 0");
            server.Until(phase);
            Assert.False(backup.IsCompleted, "the backup was over too soon");
            // Written when all three folders were synced: a turn that is seen in one of them may not be.
            synced = int.Parse(server.Must("cat /mnt/turn").Output, CultureInfo.InvariantCulture);
        }

        using (var system = new LosingDisk(disk, _folder.File("system")))
        using (var images = new LosingDisk(store, _folder.File("images")))
        using (var server = new ServerGuest(system.Address, images.Address))
        {
            server.MountStore();
            Assert.DoesNotContain("frozen", server.Must("dmsetup ls").Output, StringComparison.Ordinal);
            foreach (var folder in (string[])["/srv/data", "/var/lib", "/srv/wal"])
                Assert.InRange(int.Parse(server.Must($"cat {folder}/turn").Output, CultureInfo.InvariantCulture), synced, int.MaxValue);
            // 3: incomplete; 1: nothing of it had reached the disk.
            server.Must("ls /mnt/web1.rki* 2>/dev/null || exit 0; code=0; rescuekit image verify /mnt/web1.rki || code=$?; [ $code = 3 ]; rm /mnt/web1.rki*");
            server.Must("rescuekit image create --hot /dev/vda /mnt/web2.rki --verify --quiet-timeout 0");
        }
    }
}
