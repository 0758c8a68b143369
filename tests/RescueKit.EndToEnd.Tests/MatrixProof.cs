using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>
/// What every file system has to come through: imaged by the executable from a partition of a disk and restored onto a disk full of
/// random bytes, it passes its own checker there, every file has the same digest, and our count of used bytes is its own tool's.
/// </summary>
internal static class MatrixProof
{
    public static void Run(MatrixVolume volume, int seed)
    {
        Assert.True(Environment.IsPrivilegedProcess, "the end-to-end tests need root: they mount through loop devices");
        using var folder = new TempFolder();
        var original = folder.File("original.vol");
        volume.Make(original, folder.Folder("making"), seed);
        volume.Check(original);
        var used = volume.UsedBytes(original);
        var digests = volume.Digests(original, folder.Folder("original"));
        Assert.True(digests.Count > 20, $"only {digests.Count} entries are left on {volume.Name}: too little to prove anything");

        var disk = MatrixDisk.Around(original, folder.File("disk.img"));
        var before = MatrixDisk.Digest(disk);
        var shown = MatrixProgram.Json("disk", "show", disk).GetProperty("partitions")[0];
        Assert.Null(shown.GetProperty("whole_reason").GetString());
        Assert.Equal(used, shown.GetProperty("used_bytes").GetInt64());

        var image = folder.File("disk.rki");
        MatrixProgram.Must("image", "create", disk, image, "--codec", seed % 2 == 0 ? "lz4" : "zstd", "--verify");
        Assert.Equal(before, MatrixDisk.Digest(disk));
        var imaged = MatrixProgram.Json("image", "info", image).GetProperty("partitions")[0];
        Assert.Equal(used, imaged.GetProperty("used_bytes").GetInt64());

        var target = MatrixDisk.OfRandomBytes(folder.File("target.img"), new FileInfo(disk).Length, seed);
        MatrixProgram.Must("image", "restore", image, target, "--confirm", "target.img", "--verify");

        Assert.Contains("No problems found", Tool.Must("sgdisk", "-v", target).Output, StringComparison.Ordinal);
        var restored = MatrixDisk.Partition(target, folder.File("restored.vol"));
        volume.Check(restored);
        Assert.Equal(used, volume.UsedBytes(restored));
        Assert.Equal(digests, volume.Digests(restored, folder.Folder("restored")));
    }
}
