using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Media;

/// <summary>One of each file system that people keep files in, made once for all disks with sectors of one size.</summary>
internal sealed class BusVolumes
{
    public const int Count = 4;
    public const int Mebibytes = 64;

    private readonly TempFolder _folder;
    private readonly FilledVolume[] _kinds;
    private readonly SortedDictionary<string, string>[] _digests;

    public BusVolumes(TempFolder folder, int sectorSize)
    {
        Assert.True(Environment.IsPrivilegedProcess, "the end-to-end tests need root: they mount through loop devices");
        _folder = folder;
        _kinds =
        [
            new CrashedExtVolume(Mebibytes), MatrixMountedVolume.Ntfs(4096, Mebibytes, sectorSize), MatrixMountedVolume.ExFat("4K", Mebibytes, sectorSize),
            // FAT32 has at least 65525 clusters: too many for one of 4096 bytes each in so small a volume.
            sectorSize == 512 ? new MatrixFatVolume(32, Mebibytes, "-s", "1") : new MatrixFatVolume(16, Mebibytes, "-S", $"{sectorSize}"),
        ];
        Files = [.. _kinds.Select((_, kind) => folder.File($"{sectorSize}-{kind}"))];
        _digests = [.. _kinds.Select((volume, kind) =>
        {
            volume.Make(Files[kind], folder.Folder($"{sectorSize}-{kind}-making"), seed: kind + 1);
            return volume.Digests(Files[kind], folder.Folder($"{sectorSize}-{kind}-made"));
        })];
    }

    /// <summary>The volumes, in files.</summary>
    public string[] Files { get; }

    /// <summary>The file system's own checker finds nothing in a copy, and every file is what it was.</summary>
    public void Prove(int kind, string copy)
    {
        _kinds[kind].Check(copy);
        Assert.True(_digests[kind].Count > 20, $"only {_digests[kind].Count} entries are on {_kinds[kind].Name}: too little to prove anything");
        Assert.Equal(_digests[kind], _kinds[kind].Digests(copy, _folder.Folder(Path.GetFileName(copy) + "-files")));
    }
}
