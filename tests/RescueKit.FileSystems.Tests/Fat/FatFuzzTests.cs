using RescueKit.FileSystems.Fat;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Fat;

/// <summary>Damaged volumes: in memory by the ten thousand, and a sample of them shown to fsck.fat and mtools.</summary>
public sealed class FatFuzzTests : IDisposable
{
    private static readonly FatShape[] Small =
    [
        new("small-fat12", 12, 192 << 10, "-s", "1", "-r", "64"),
        new("small-fat16", 16, 2300 << 10, "-s", "1", "-r", "64"),
        new("small-fat32", 32, 512 << 10, "-s", "1", "-a", "-R", "8") { MtoolsCanFill = false },
    ];

    private readonly TempFolder _temp = new();

    public static TheoryData<string, int> Cases() => new() { { "small-fat12", 60_000 }, { "small-fat16", 20_000 }, { "small-fat32", 40_000 } };

    public static TheoryData<string> Names() => [.. Small.Select(shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Any_damage_gives_a_well_formed_answer(string name, int cases)
    {
        var volume = MakeFilled(name);
        using var image = MemoryDisk.FromBytes(File.ReadAllBytes(volume.Path));
        var outcome = MutationFuzz.Run(new FatReader(), image, Metadata(image), TestScale.Of(cases), seed: 31);
        Assert.True(outcome is { Unrecognised: > 0, Whole: > 0, Mapped: > 0, Unreadable: 0 }, $"{outcome}");
    }

    /// <summary>
    /// What fsck.fat rejects has no map. What it reads has at least its count. What it finds clean survives on its mapped bytes alone.
    /// </summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void The_real_tools_are_never_promised_less_than_they_read(string name)
    {
        var volume = MakeFilled(name);
        using var image = MemoryDisk.FromBytes(File.ReadAllBytes(volume.Path));
        var random = new Random(32);
        var mutator = new Mutator(image, Metadata(image), random);
        var contradictions = new Contradictions();
        var (rejected, read, clean) = (0, 0, 0);
        for (var i = 0; i < TestScale.Of(40); i++)
        {
            var overlay = new OverlaySource(image);
            var what = mutator.Mutate(overlay);
            var path = _temp.File("mutated.img");
            MaskedCopy.OntoRandomBytes(overlay, ExtentSet.Of(new Extent(0, overlay.Length)), path, seed: 0);
            var check = FatVolume.At(path).Check();
            var content = new FatReader().Read(overlay, new AllocationOptions());
            if (FatVolume.Clusters(check) is not var (used, _))
            {
                rejected++;
                if (FatVolume.Crashed(check))
                {
                    if (content?.Map is { } known) AssertSameCrash(overlay, known, check, path, what);
                    continue;
                }
                if (content?.Map is not null) contradictions.Add($"{what}: fsck.fat gives up, and there is a map\n{check.Everything}");
                continue;
            }
            read++;
            if (content?.Map is not { } map) continue;
            var heap = overlay.Length - content.BlockSize * FatVolume.Clusters(check)!.Value.All;
            if (map.UsedBytes - heap < used * content.BlockSize) contradictions.Add($"{what}: {map.UsedBytes} bytes\n{check.Everything}");
            if (!check.Ok) continue;
            clean++;
            AssertSurvives(overlay, map, path, what);
        }
        contradictions.AssertNone();
        Assert.True(rejected > 0 && read > 0 && clean > 0, $"{rejected} rejected, {read} read, {clean} clean");
    }

    public void Dispose() => _temp.Dispose();

    /// <summary>A fault of the tool itself is no verdict; it must come just so on the mapped bytes alone, and mtools must read the same.</summary>
    private void AssertSameCrash(OverlaySource overlay, IAllocationMap map, ToolResult crash, string path, string what)
    {
        var restored = _temp.File("restored.img");
        MaskedCopy.OntoRandomBytes(overlay, map.UsedIn(new Extent(0, overlay.Length)), restored, seed: 33);
        var again = FatVolume.At(restored).Check();
        Assert.Equal(crash.Everything.Replace(path, "", StringComparison.Ordinal), again.Everything.Replace(restored, "", StringComparison.Ordinal));
        AssertSameFiles(path, restored, what);
    }

    private void AssertSurvives(OverlaySource overlay, IAllocationMap map, string path, string what)
    {
        var restored = _temp.File("restored.img");
        MaskedCopy.OntoRandomBytes(overlay, map.UsedIn(new Extent(0, overlay.Length)), restored, seed: 33);
        var check = FatVolume.At(restored).Check();
        Assert.True(check.Ok, $"{what}\n{check.Everything}");
        AssertSameFiles(path, restored, what);
    }

    private static void AssertSameFiles(string path, string restored, string what)
    {
        using var before = new TempFolder();
        using var after = new TempFolder();
        if (!TryCopyOut(FatVolume.At(path), before.FullPath)) return; // mtools is stricter than fsck.fat in places
        Assert.True(TryCopyOut(FatVolume.At(restored), after.FullPath), what);
        Assert.Equal(Corpus.Digests(before.FullPath), Corpus.Digests(after.FullPath));
    }

    private static bool TryCopyOut(FatVolume volume, string folder)
    {
        try
        {
            volume.CopyOut(folder);
            return true;
        }
        catch (ToolFailedException)
        {
            return false;
        }
    }

    private FatVolume MakeFilled(string name)
    {
        var shape = Small.Single(small => small.Name == name);
        var volume = FatVolume.Make(_temp, shape);
        if (!shape.MtoolsCanFill) return volume;
        var files = _temp.Folder("files");
        Corpus.Make(files, seed: 34, new CorpusOptions { TotalBytes = 60_000, LargestFile = 9_000, SymbolicLinks = false, HardLinks = false, SparseFiles = false });
        volume.CopyIn(files);
        return volume;
    }

    /// <summary>The parameter block, FSInfo and backup, the beginnings of both FATs, and the root directory.</summary>
    private static Extent[] Metadata(MemoryDisk image)
    {
        var sector = new byte[FatBootSector.Size];
        image.Read(0, sector);
        var boot = FatBootSector.Parse(sector, image.Length)!;
        var root = boot.RootCluster == 0 ? boot.FixedRoot : new Extent(boot.OffsetOf(boot.RootCluster), boot.ClusterSize);
        return
        [
            new Extent(0, 0x24), new Extent(0x24, 0x36), new Extent(510, 2), new Extent(boot.FatOffset - 512, 512),
            new Extent(boot.FatOffset, 16), new Extent(boot.FatOffset, Math.Min(boot.FatLength, 512)),
            new Extent(boot.FatOffset + boot.FatLength, Math.Min(boot.FatLength, 512)), new Extent(root.Offset, 256),
        ];
    }
}
