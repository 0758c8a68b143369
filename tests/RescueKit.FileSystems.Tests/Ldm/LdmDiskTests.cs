using System.Buffers.Binary;
using System.Text.Json;
using RescueKit.Disks.PartitionTables;
using RescueKit.FileSystems.Ldm;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ldm;

/// <summary>Dynamic disks of Windows, judged by ldmtool.</summary>
public sealed class LdmDiskTests : IDisposable
{
    private const int Sector = DynamicDiskFile.Sector;

    private static readonly DynamicVolume[] s_volumes =
    [
        new("Volume1", new DynamicPiece(0, 20_000)), new("Volume2", new DynamicPiece(20_480, 4_000), new DynamicPiece(40_000, 6_000)),
        new("Stripe1", [[new DynamicPiece(30_000, 4_000), new DynamicPiece(30_000, 4_000, 2)]], IsStriped: true),
        new("Mirror1", [[new DynamicPiece(50_000, 3_000)], [new DynamicPiece(50_000, 3_000, 2)]]),
        new("Spanned1", new DynamicPiece(54_000, 1_000), new DynamicPiece(10_000, 1_000, 2)), new("Elsewhere", new DynamicPiece(0, 9_000, 2)),
        new("A volume whose name is so long that its record takes up more than one of those pieces of 128 bytes", new DynamicPiece(56_000, 100)),
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Volumes_are_those_that_ldmtool_finds(bool isGpt)
    {
        var made = Make(isGpt);
        var disk = Read(made.Path);
        Assert.Equal(FoundByLdmtool(made.Path).Where(volume => volume.Type is "simple" or "spanned" && volume.Places.All(p => p.Disk == "Disk1")).Select(volume => $"dynamic volume {volume.Name} {Text(volume.Places)}"),
            disk.Volumes.Select(volume => $"{volume.Name} {string.Join(' ', volume.Pieces.Select(piece => piece.Place))}"));
        Assert.Equal(["Volume1", "Volume2"], disk.Volumes.Take(2).Select(volume => volume.Name.Split(' ')[^1]));
        Assert.Equal(3, disk.Volumes.Count);
        Assert.Equal([0L, 4_000 * Sector], disk.Volumes[1].Pieces.Select(piece => piece.Address));
        Assert.Equal(FoundByLdmtool(made.Path).SelectMany(volume => volume.Places).Where(place => place.Disk == "Disk1").Select(place => place.Extent).OrderBy(extent => extent.Offset), disk.Places);
    }

    /// <summary>More than is read at once of a database.</summary>
    [Fact]
    public void Hundreds_of_volumes_are_all_found()
    {
        var made = new DynamicDiskFile(_folder.File("disk"), 40, isGpt: false, [.. Enumerable.Range(0, 300).Select(i => new DynamicVolume($"Volume{i}", new DynamicPiece(i * 40, 40)))]);
        Assert.Equal(300, Read(made.Path).Volumes.Count);
    }

    [Fact]
    public void Cut_off_records_and_numbers_out_of_range_are_refused()
    {
        foreach (var (offset, value) in (IEnumerable<(long, byte[])>)[(0x10, [0, 2]), (0xA9, [0, 0, 0, 1]), (0x08, [0, 0, 0, 20]), (0x0C, [0xFF, 0, 0, 0]), (0x8D, [0, 0, 0, 3])])
        {
            var made = Make(isGpt: false);
            made.Write(made.ConfigurationAt + offset, value);
            Assert.Throws<MalformedException>(() => Read(made.Path));
        }
    }

    [Theory]
    [InlineData(0, 7000)]
    [InlineData(6143, 2)]
    [InlineData(ulong.MaxValue, 1)]
    public void A_database_that_is_longer_than_its_disk_is_refused(ulong start, ulong sectors)
    {
        var made = Make(isGpt: false);
        var place = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(place, start);
        BinaryPrimitives.WriteUInt64BigEndian(place.AsSpan(8), sectors);
        made.Write(made.PrivateHeaderAt + 0x12B, place);
        using (var file = File.OpenWrite(made.Path)) file.SetLength(3 << 20);
        Assert.Contains("does not lie on the disk", Assert.Throws<MalformedException>(() => Read(made.Path)).Message, StringComparison.Ordinal);
    }

    /// <summary>Each volume would have all partitions of the one component, so that thousands of them take hours.</summary>
    [Fact]
    public void Two_volumes_of_one_id_are_refused()
    {
        var made = new DynamicDiskFile(_folder.File("disk"), 40, isGpt: false, [new("Volume1", new DynamicPiece(0, 20_000)), new("Volume2", new DynamicPiece(20_480, 4_000))]);
        // Behind two heads of 16 and 8 bytes, of which the first one's last byte tells the kind, an id has its length in front.
        var records = File.ReadAllBytes(made.Path)[((int)made.ConfigurationAt + Sector)..];
        var volumes = Enumerable.Range(0, 10).Select(i => i * 128).Where(at => records[at + 19] == 0x51).ToList();
        Assert.Equal(2, volumes.Count);
        made.Write(made.ConfigurationAt + Sector + volumes[1] + 25, [records[volumes[0] + 25]]);
        Assert.Contains("same id", Assert.Throws<MalformedException>(() => Read(made.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_volumes_on_the_same_sectors_are_refused()
    {
        var made = new DynamicDiskFile(_folder.File("disk"), 40, isGpt: false, [new("Volume1", new DynamicPiece(0, 20_000)), new("Volume2", new DynamicPiece(19_999, 4_000))]);
        Assert.Contains("same sectors", Assert.Throws<MalformedException>(() => Read(made.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_databases_are_refused_or_read_as_ldmtool_reads_them()
    {
        var made = Make(isGpt: false);
        var image = made.Load();
        var cases = TestScale.OfMany(100_000);
        var (asked, compared, step) = (0, 0, cases / 120);
        var outcome = MutationFuzz.Run(new Adapter(), image, made.Structures, cases, seed: 11, check: (overlay, content) =>
        {
            if (content.Map is null || asked++ % step != 0) return;
            var damaged = SparseFile.Copy(made.Path, _folder.File("damaged"));
            overlay.ApplyTo(damaged);
            IReadOnlyList<Found> all;
            try
            {
                all = FoundByLdmtool(damaged);
            }
            catch (ToolFailedException)
            {
                return; // asked by a name that was damaged, it does not answer
            }
            compared++;
            var found = all.Where(volume => volume.Type is "simple" or "spanned").Select(volume => Text(volume.Places)).ToHashSet();
            Assert.All(Read(damaged).Volumes, volume => Assert.Contains(string.Join(' ', volume.Pieces.Select(piece => piece.Place)), found));
        });
        Assert.True(outcome is { Whole: > 1000, Mapped: > 1000 } && compared > 40, $"{outcome}, {compared} compared");
    }

    private DynamicDiskFile Make(bool isGpt) => new(_folder.File("disk"), 40, isGpt, s_volumes);

    private static LdmDisk Read(string path)
    {
        using var disk = new FileSource(path);
        return LdmDisk.Read(disk, PartitionTableReader.Read(disk));
    }

    private static string Text(IEnumerable<(string Disk, Extent Extent)> places) => string.Join(' ', places.Select(place => place.Extent));

    private sealed record Found(string Name, string Type, IReadOnlyList<(string Disk, Extent Extent)> Places);

    private static IReadOnlyList<Found> FoundByLdmtool(string path)
    {
        var groups = Ldmtool(path, "scan");
        if (groups.GetArrayLength() == 0) return [];
        var group = groups[0].GetString()!;
        var start = Ldmtool(path, "show", "disk", group, "Disk1").GetProperty("data-start").GetInt64();
        return
        [
            .. Ldmtool(path, "show", "diskgroup", group).GetProperty("volumes").EnumerateArray().Select(name => Ldmtool(path, "show", "volume", group, name.GetString()!)).Select(volume => new Found(
                volume.GetProperty("name").GetString()!, volume.GetProperty("type").GetString()!,
                [
                    .. volume.GetProperty("partitions").EnumerateArray().Select(name => Ldmtool(path, "show", "partition", group, name.GetString()!)).Select(part => (
                        part.GetProperty("disk").GetString()!, new Extent((start + part.GetProperty("start").GetInt64()) * Sector, part.GetProperty("size").GetInt64() * Sector))),
                ])),
        ];
    }

    private static JsonElement Ldmtool(string path, params string[] command)
    {
        using var document = JsonDocument.Parse(Tool.Must("ldmtool", ["--device", path, .. command]).Output);
        return document.RootElement.Clone();
    }

    /// <summary>A database as something that can be fuzzed: all places of volumes, or none.</summary>
    private sealed class Adapter : IAllocationReader
    {
        public string Family => "ldm";

        public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
        {
            try
            {
                var disk = LdmDisk.Read(volume, PartitionTableReader.Read(volume));
                foreach (var nested in disk.Volumes) Assert.True(ExtentSet.From(nested.Pieces.Select(piece => piece.Place)).Except(ExtentSet.From(disk.Places)).IsEmpty);
                return new VolumeContent { Type = Family, Map = new ExtentSetMap(ExtentSet.From(disk.Places)), ClaimedLength = volume.Length };
            }
            catch (MalformedException e)
            {
                return new VolumeContent { Type = Family, WholeReason = e.Message };
            }
        }
    }
}
