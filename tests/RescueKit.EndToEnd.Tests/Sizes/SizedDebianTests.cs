using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Media;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Sizes;

/// <summary>A real Debian system starts from a disk smaller than its own, where its root was shrunk, and from a larger one, which its root fills.</summary>
public sealed class SizedDebianTests : IDisposable
{
    private const long MiB = 1 << 20;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_Debian_disk_starts_when_it_was_shrunk_and_when_it_was_grown()
    {
        var disk = _folder.File("disk");
        Tool.Must(new ToolRequest(Path.Combine(GuestPaths.Repository, "scripts", "debian-disk"), ["bios", disk]) { Limit = TimeSpan.FromMinutes(30) });
        var before = SizedDisk.Partitions(disk);
        MatrixProgram.Must("image", "create", disk, _folder.File("disk.rki"), "--quiet");

        var small = Restored(1500, "--shrink");
        var after = SizedDisk.Partitions(small);
        Assert.Equal((before[0].Start, before[1].Size), (after[0].Start, after[1].Size));
        Assert.True(after[0].Size < before[0].Size);
        Assert.Equal(1500 * MiB, (after[1].Start + after[1].Size) * 512);

        File.Delete(disk);
        // Swap lies behind the root.
        var large = Restored(3000, "--grow", "1");
        after = SizedDisk.Partitions(large);
        Assert.Equal((before[0].Start, before[1].Size), (after[0].Start, after[1].Size));
        Assert.Equal((2871 * MiB, 3000 * MiB), (after[0].Size * 512, (after[1].Start + after[1].Size) * 512));

        foreach (var resized in (IEnumerable<string>)[small, large])
        {
            SizedDisk.TableMustBeSound(resized);
            Tool.Must("e2fsck", "-fn", $"{resized}?offset={before[0].Start * 512}");
            using var machine = new MediaMachine(MediaFirmware.Bios, MediaMachine.Disk("disk", resized, "virtio-blk-pci"));
            machine.WaitFor("web1 login:");
        }
    }

    private string Restored(int mebibytes, params string[] options)
    {
        var target = SparseFile.Create(_folder.File($"disk-of-{mebibytes}"), mebibytes * MiB);
        MatrixProgram.Must(["image", "restore", _folder.File("disk.rki"), target, "--confirm", Path.GetFileName(target), "--quiet", .. options]);
        return target;
    }
}
