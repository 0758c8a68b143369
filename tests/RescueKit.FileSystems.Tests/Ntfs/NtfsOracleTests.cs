using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>The map against ntfsinfo's count, and the proof by restore: only mapped bytes on a disk of noise, and every check passes.</summary>
public sealed class NtfsOracleTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<int, int> Geometries => new()
    {
        { 512, 512 }, { 512, 1024 }, { 512, 2048 }, { 512, 4096 }, { 512, 8192 }, { 512, 16384 }, { 512, 32768 }, { 512, 65536 },
        { 512, 131072 }, { 512, 262144 }, { 512, 524288 }, { 512, 1048576 }, { 512, 2097152 },
        { 256, 4096 }, { 1024, 1024 }, { 2048, 4096 }, { 4096, 4096 }, { 4096, 65536 },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Geometries))]
    public void Used_clusters_are_those_that_ntfsinfo_counts_and_suffice_for_a_restore(int sectorSize, int clusterSize)
    {
        var length = clusterSize > 131072 ? 200L << 20 : 40L << 20;
        var image = NtfsImage.Make(_folder.File("volume"), length, "-s", $"{sectorSize}", "-c", $"{clusterSize}", "-L", "Ein Etikett");
        var names = image.Fill(clusterSize, 16, 400_000);
        image.Check();

        using var volume = new FileSource(image.Path);
        var content = new NtfsReader().Read(volume, new AllocationOptions())!;
        Assert.Null(content.WholeReason);
        Assert.Equal("NTFS", content.Type);
        Assert.Equal("Ein Etikett", content.Label);
        Assert.Equal(Tool.Must("blkid", "-p", "-s", "UUID", "-o", "value", image.Path).Output.Trim(), content.Uuid);
        Assert.Equal(clusterSize, content.BlockSize);
        Assert.Equal(length - Math.Max(512, sectorSize), content.ClaimedLength);
        MapAssert.WellFormed(content, length);
        var (used, total) = image.CountedByNtfsInfo();
        Assert.Equal(content.ClaimedLength / clusterSize, total);
        var rest = length - total * clusterSize;
        Assert.Equal(used * clusterSize + rest, content.Map!.UsedBytes);

        var restored = image.CopyTo(_folder.File("restored"));
        MaskedCopy.OntoRandomBytes(volume, content.Map.UsedIn(new Extent(0, length)), restored.Path, seed: 3);
        restored.Check();
        Assert.Equal(image.CountedByNtfsInfo(), restored.CountedByNtfsInfo());
        foreach (var name in names) Assert.Equal(image.DigestOf(name), restored.DigestOf(name));
    }
}
