using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Serving;

/// <summary>File systems that were filled and aged through mounts, saved as Clonezilla saves them, imported and restored. Needs root.</summary>
public sealed class ImportedVolumesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Kinds => TestScale.IsWide ? ["ext4", "XFS", "btrfs", "NTFS", "exFAT"] : ["XFS"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_file_comes_back(string kind)
    {
        var volume = kind switch
        {
            "ext4" => MatrixMountedVolume.Ext(kind, 96, "-t", "ext4"),
            "XFS" => MatrixMountedVolume.Xfs(kind, 128),
            "btrfs" => MatrixMountedVolume.Btrfs(kind, 160, "noatime"),
            "NTFS" => MatrixMountedVolume.Ntfs(4096, 96),
            _ => MatrixMountedVolume.ExFat("32K", 96),
        };
        var original = _folder.File("original");
        volume.Make(original, _folder.Folder("making"), 11);
        var digests = volume.Digests(original, _folder.Folder("digesting"));
        var disk = MatrixDisk.Around(original, _folder.File("disk"));
        var saved = _folder.Folder("saved");
        new ClonezillaSave { Packed = "lz4", PieceBytes = 4_000_000, Sums = true }.Save(disk, saved);

        var (image, target) = (_folder.File("disk.rki"), _folder.File("target"));
        MatrixProgram.Must("image", "create", saved, image, "--verify");
        MatrixDisk.OfRandomBytes(target, new FileInfo(disk).Length, 4);
        MatrixProgram.Must("image", "restore", image, target, "--confirm", "target", "--verify");
        var restored = MatrixDisk.Partition(target, _folder.File("restored"));
        volume.Check(restored);
        Assert.Equal(digests, volume.Digests(restored, _folder.Folder("reading")));
    }
}
