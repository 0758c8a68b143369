using RescueKit.FileSystems.Fat;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Fat;

/// <summary>The map against fsck.fat's own count, and a volume restored from nothing but its mapped bytes against fsck.fat and every file.</summary>
public sealed class FatReaderTests : IDisposable
{
    private static readonly AllocationOptions Options = new();
    private readonly TempFolder _temp = new();

    public static TheoryData<string> Shapes() => [.. FatShape.All.Select(shape => shape.Name)];

    public static TheoryData<string> FillableShapes() => [.. FatShape.All.Where(shape => shape.MtoolsCanFill).Select(shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_new_volume_counts_as_fsck_counts_it(string name)
    {
        var shape = FatShape.Named(name);
        var volume = FatVolume.Make(_temp, shape);
        var content = AssertCounts(volume);
        Assert.Equal($"FAT{shape.Bits}", content.Type);
        Assert.Equal("RESCUE", content.Label);
        Assert.Equal("1234-ABCD", content.Uuid);
        Assert.False(content.Unclean);
        Assert.Empty(content.Warnings);
    }

    [Theory]
    [MemberData(nameof(FillableShapes))]
    public void A_filled_and_aged_volume_survives_on_its_mapped_bytes_alone(string name)
    {
        var shape = FatShape.Named(name);
        var volume = FatVolume.Make(_temp, shape);
        var source = _temp.Folder("source");
        var total = Math.Min(shape.Length / 4, 3 << 20);
        var files = Corpus.Make(source, seed: 11, new CorpusOptions
        {
            TotalBytes = total,
            LargestFile = (int)(total / 6),
            SymbolicLinks = false,
            HardLinks = false,
            SparseFiles = false,
        });
        volume.CopyIn(source);
        volume.Age(source, files, seed: 12, largest: (int)(total / 12));
        AssertCounts(volume);

        var restored = _temp.File("restored.img");
        using (var original = new FileSource(volume.Path))
        {
            var used = Read(original).Map!.UsedIn(new Extent(0, original.Length));
            MaskedCopy.OntoRandomBytes(original, used, restored, seed: 13);
        }
        var check = FatVolume.At(restored).Check();
        Assert.True(check.Ok, check.Everything);
        var expected = Corpus.Digests(volume.CopyOut(_temp.Folder("original-files")));
        Assert.True(expected.Count > 10, "the volume has files");
        Assert.Equal(expected, Corpus.Digests(FatVolume.At(restored).CopyOut(_temp.Folder("restored-files"))));
    }

    public void Dispose() => _temp.Dispose();

    private static VolumeContent Read(FileSource source)
    {
        var content = new FatReader().Read(source, Options);
        Assert.NotNull(content);
        Assert.True(content.Map is not null, content.WholeReason);
        return content;
    }

    private static VolumeContent AssertCounts(FatVolume volume)
    {
        var check = volume.Check();
        Assert.True(check.Ok, check.Everything);
        var (used, all) = FatVolume.Clusters(check)!.Value;
        using var source = new FileSource(volume.Path);
        var content = Read(source);
        var outsideHeap = source.Length - all * content.BlockSize;
        Assert.Equal(outsideHeap + used * content.BlockSize, content.Map!.UsedBytes);
        MapAssert.WellFormed(content, source.Length);
        return content;
    }
}
