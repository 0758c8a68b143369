using System.Text.Json;
using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>The power fails in the middle of restores onto disks that held something else.</summary>
[Collection(MediaTests.Name)]
public sealed class CutRestoreTests(MediaImage media) : IDisposable
{
    private const int Mebibytes = 64;

    /// <summary>Where restores are cut, in shares of what they write.</summary>
    private static readonly double[] s_points = [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_restore_that_is_cut_leaves_nothing_to_boot_or_mount_and_is_finished_by_another()
    {
        var image = Path.Combine(_folder.Folder("images"), "disk.rki");
        MediaImage.Rescuekit("image", "create", GuestDisks.WithFiles(_folder, "source", Mebibytes, 512, seed: 5), image);
        var images = new GuestDisk("images", Around(image), GuestBus.Virtio) { Serial = "IMAGES01" };
        var targets = s_points.Select((_, number) => new GuestDisk(
            $"target{number}", GuestDisks.WithFiles(_folder, $"target{number}", Mebibytes, 512, seed: 10 + number), GuestBus.Virtio)
        { Serial = $"TARGET{number:D4}" }).ToList();
        var bytes = BytesToWrite(image, targets[0]);
        using (var guest = new MediaGuest(media, [images, .. targets]))
        {
            foreach (var target in targets) guest.Limit(target, GuestDisks.MiB);
            var lines = targets.Select(target => Restore(guest, target)).ToList();
            Stop(guest, targets.Zip(s_points, lines).Select(next => new Cut(next.First, (long)(next.Second * bytes), guest.Start(next.Third))));
        }
        foreach (var target in targets) RestoredDisk.PretendsNothing(target.File);

        using (var guest = new MediaGuest(media, [images, .. targets]))
        {
            foreach (var target in targets) guest.Must(Restore(guest, target));
        }
        foreach (var target in targets) RestoredDisk.HoldsAllFiles(target.File);
    }

    private static string Restore(MediaGuest guest, GuestDisk target) =>
        $"rescuekit agent execute --line 'image restore LABEL=IMAGES:/disk.rki {guest.Node(target)} --confirm {MediaGuest.ConfirmId(target)}'";

    private static long BytesToWrite(string image, GuestDisk target)
    {
        using var plan = JsonDocument.Parse(MediaImage.Rescuekit("image", "restore", image, target.File, "--dry-run", "--json"));
        return plan.RootElement.GetProperty("bytes_to_write").GetInt64();
    }

    /// <summary>Lets nothing more through to each disk as soon as it has got so much; returns when all of them stand still.</summary>
    private static void Stop(MediaGuest guest, IEnumerable<Cut> cuts)
    {
        for (var moving = cuts.ToList(); moving.Count > 0;)
        {
            var next = moving[0];
            guest.Until(() => moving.Any(cut => guest.WrittenBytes(cut.Target) >= cut.Bytes), $"{next.Bytes} bytes are on {next.Target.Id}", next.Run);
            foreach (var cut in moving.Where(cut => guest.WrittenBytes(cut.Target) >= cut.Bytes).ToList())
            {
                guest.Limit(cut.Target, 1);
                moving.Remove(cut);
            }
        }
    }

    private string Around(string image)
    {
        var disk = SparseFile.Create(_folder.File("images.disk"), 2L * Mebibytes << 20);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-L", "IMAGES", "-d", Path.GetDirectoryName(image)!, disk);
        return disk;
    }

    private sealed record Cut(GuestDisk Target, long Bytes, Task<ToolResult> Run);
}
