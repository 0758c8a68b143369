using RescueKit.EndToEnd.Tests.Guests;
using RescueKit.EndToEnd.Tests.Sizes;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Serving;

/// <summary>A disk that Clonezilla itself has saved, in a guest (scripts/clonezilla-save), becomes an image. Needs root and QEMU.</summary>
public sealed class ClonezillaTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact, Trait(TestScale.Tier, TestScale.Wide)]
    public void A_disk_that_Clonezilla_has_saved_comes_back_with_every_file()
    {
        var disk = new SizedDisk(_folder, "disk", 210, """
            label: gpt
            start=2048, size=16M, type=U, name="EFI system"
            size=96M, type=L, name="root"
            size=64M, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name="Windows"
            size=16M, type=S
            """);
        disk.Format(1, "mkfs.fat");
        disk.Fill(2, MatrixMountedVolume.Ext("ext4", 96, "-t", "ext4"), 3);
        disk.Fill(3, MatrixMountedVolume.Ntfs(4096, 64), 4);
        disk.Format(4, "mkswap");
        var (before, digest, saved) = (SizedDisk.Partitions(disk.Path), MatrixDisk.Digest(disk.Path), Path.Combine(_folder.FullPath, "saved"));
        Tool.Must(new ToolRequest(Path.Combine(GuestPaths.Repository, "scripts", "clonezilla-save"), [disk.Path, saved]) { Limit = TimeSpan.FromMinutes(120) });
        Assert.Equal(digest, MatrixDisk.Digest(disk.Path));

        var (image, target) = (_folder.File("disk.rki"), _folder.File("target"));
        Assert.Contains("Clonezilla", MatrixProgram.Must("image", "create", saved, image, "--verify"), StringComparison.Ordinal);
        MatrixDisk.OfRandomBytes(target, new FileInfo(disk.Path).Length, 4);
        MatrixProgram.Must("image", "restore", image, target, "--confirm", "target", "--verify", "--quiet");
        SizedDisk.TableMustBeSound(target);
        Assert.Equal(before, SizedDisk.Partitions(target));
        disk.MustBeOn(target);
        Assert.Equal(Uuid(disk.Path, before[3]), Uuid(target, before[3]));

        string Uuid(string of, SizedPartition swap) => Tool.Must("blkid", "-p", "-s", "UUID", "-o", "value", disk.Take(of, swap)).Output;
    }
}
