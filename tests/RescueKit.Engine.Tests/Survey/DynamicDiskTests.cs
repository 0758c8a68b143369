using RescueKit.Engine.Survey;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Survey;

/// <summary>NTFS in volumes of dynamic disks of Windows.</summary>
public sealed class DynamicDiskTests : IDisposable
{
    private const int Sector = DynamicDiskFile.Sector;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The first begins where the partition does and goes on behind the second: read as the partition's own file system, its map would name blocks of others.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Volumes_in_pieces_are_read_in_their_order_and_restored_whole(bool isGpt)
    {
        DynamicVolume[] volumes = [new("Volume1", new DynamicPiece(0, 24_000), new DynamicPiece(60_000, 24_000)), new("Volume2", new DynamicPiece(26_000, 32_000))];
        var made = new DynamicDiskFile(_folder.File("disk"), 56, isGpt, volumes);
        foreach (var volume in volumes) made.Fill(volume, Ntfs(volume));
        using var disk = new FileSource(made.Path);
        var survey = DiskSurvey.Take(disk);
        var cover = survey.Volumes[^1];
        Assert.Equal("Windows dynamic disk", cover.Content.Type);
        Assert.Equal(["NTFS", "NTFS"], cover.Nested.SelectMany(nested => nested.Survey.Volumes).Select(inner => inner.Content.Type));
        var free = cover.Nested.Sum(nested => nested.Survey.Disk.Length - nested.Survey.UsedBytes);
        Assert.InRange(free, 10 << 20, 40 << 20);
        Assert.Equal(cover.Partition.Extent.Length - free, cover.UsedBytes);
        var restored = _folder.File("restored");
        MaskedCopy.OntoRandomBytes(disk, survey.UsedIn(new Extent(0, disk.Length)), restored, seed: 5);
        foreach (var volume in volumes)
        {
            var back = _folder.File("back");
            made.Take(volume, restored, back);
            Tool.Must("ntfsfix", "-n", back);
            Assert.Equal(Content(_folder.File(volume.Name)), Content(back));
            File.Delete(back);
        }
    }

    /// <summary>What Windows starts from has an entry in the table that is just as long.</summary>
    [Fact]
    public void A_partition_that_is_a_volume_is_that_file_system()
    {
        DynamicVolume[] volumes = [new("Volume1", new DynamicPiece(0, 32_000)), new("Volume2", new DynamicPiece(32_000, 40_000))];
        var made = new DynamicDiskFile(_folder.File("disk"), 40, isGpt: false, volumes, "start=2048, size=32000, type=42, bootable\nstart=34048, size=45824, type=42\n");
        foreach (var volume in volumes) made.Fill(volume, Ntfs(volume));
        using var disk = new FileSource(made.Path);
        Assert.Equal(["NTFS", "Windows dynamic disk"], DiskSurvey.Take(disk).Volumes.Select(v => v.Content.Type));
    }

    [Fact]
    public void Without_its_database_all_of_it_is_taken()
    {
        var volume = new DynamicVolume("Volume1", new DynamicPiece(0, 24_000), new DynamicPiece(60_000, 24_000));
        var made = new DynamicDiskFile(_folder.File("disk"), 56, isGpt: false, [volume]);
        made.Fill(volume, Ntfs(volume));
        made.Write(made.ConfigStart, new byte[DynamicDiskFile.DatabaseSectors * Sector]);
        using var disk = new FileSource(made.Path);
        var cover = Assert.Single(DiskSurvey.Take(disk).Volumes);
        Assert.True(cover.Whole);
        Assert.Contains("no table of contents", cover.WholeReason, StringComparison.Ordinal);
        Assert.True(cover.Content.EndAnchored);
    }

    /// <summary>With files in it.</summary>
    private string Ntfs(DynamicVolume volume)
    {
        var file = SparseFile.Create(_folder.File(volume.Name), volume.Components[0].Sum(piece => piece.Sectors) * Sector);
        Tool.Must("mkntfs", "-q", "-F", "-f", "-s", "512", "-p", "2048", "-H", "16", "-S", "63", file);
        var random = new Random(volume.Name.Length);
        for (var i = 0; i < 8; i++)
        {
            var content = new byte[random.Next(100_000, 400_000)];
            random.NextBytes(content);
            File.WriteAllBytes(_folder.File("content"), content);
            Tool.Must("ntfscp", "-q", file, _folder.File("content"), $"file{i}");
        }
        return file;
    }

    private static IEnumerable<string> Content(string ntfs) => [.. Enumerable.Range(0, 8).Select(i => Tool.Must("sh", "-c", $"ntfscat -q '{ntfs}' file{i} | sha256sum").Output)];
}
