using RescueKit.FileSystems.ExFat;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.ExFat;

public sealed class ExFatReaderTests : IDisposable
{
    private static readonly AllocationOptions Options = new();
    private readonly TempFolder _temp = new();

    public static TheoryData<string> Shapes() => [.. ExFatShape.All.Select(shape => shape.Name)];

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_new_volume_counts_as_its_own_tools_count_it(string name)
    {
        var volume = ExFatVolume.Make(_temp, ExFatShape.Named(name));
        using var source = new FileSource(volume.Path);
        var content = new ExFatReader().Read(source, Options);
        Assert.NotNull(content);
        Assert.True(content.Map is not null, content.WholeReason);
        Assert.Equal("exFAT", content.Type);
        Assert.Equal("Rettung", content.Label);
        Assert.Equal("1234-ABCD", content.Uuid);
        Assert.False(content.Unclean);
        Assert.Empty(content.Warnings);
        MapAssert.WellFormed(content, source.Length);

        var (used, all, clusterSize) = volume.Clusters();
        Assert.Equal(clusterSize, content.BlockSize);
        Assert.Equal(source.Length - (all - used) * clusterSize, content.Map.UsedBytes);
    }

    [Fact]
    public void A_filled_and_aged_volume_is_sound_on_its_mapped_bytes_alone()
    {
        using var aged = Fixture.Open("exfat-aged.img.gz");
        var map = new ExFatReader().Read(aged, Options)!.Map!;
        var original = _temp.File("original.img");
        File.WriteAllBytes(original, aged.ToArray());
        var (used, all, clusterSize) = ExFatVolume.At(original).Clusters();
        Assert.Equal(487, used);
        Assert.Equal(aged.Length - (all - used) * clusterSize, map.UsedBytes);

        var restored = _temp.File("restored.img");
        MaskedCopy.OntoRandomBytes(aged, map.UsedIn(new Extent(0, aged.Length)), restored, seed: 3);
        var check = ExFatVolume.At(restored).Check();
        Assert.True(check.Ok, check.Everything);
        Assert.Contains("directories 3, files 64", check.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_volume_not_cleanly_unmounted_is_taken_whole_with_both_sizes_known()
    {
        using var aged = Fixture.Open("exfat-aged.img.gz");
        var clean = new ExFatReader().Read(aged, Options)!;
        aged.Write(106, [2]); // volume flags: dirty; not part of the checksum
        var content = new ExFatReader().Read(aged, Options)!;
        Assert.True(content.Unclean);
        Assert.Null(content.Map);
        Assert.Equal(clean.Map!.UsedBytes, content.UncleanMap!.UsedBytes);
        MapAssert.WellFormed(content, aged.Length);
    }

    [Fact]
    public void Failures_of_the_medium_are_told()
    {
        using var aged = Fixture.Open("exfat-aged.img.gz");
        aged.Write(106, [4]);
        var content = new ExFatReader().Read(aged, Options)!;
        Assert.NotNull(content.Map);
        Assert.Single(content.Warnings);
    }

    /// <summary>The backup names the same bitmap, but its flags are stale: whether the volume is clean is then not known.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(88)]
    [InlineData(11 * 512)]
    public void With_the_main_boot_region_damaged_the_backup_tells_what_may_be_used(int at)
    {
        using var aged = Fixture.Open("exfat-aged.img.gz");
        var clean = new ExFatReader().Read(aged, Options)!;
        aged.Write(at, [0x77]);
        var content = new ExFatReader().Read(aged, Options)!;
        Assert.Null(content.Map);
        Assert.Equal(clean.Map!.UsedBytes, content.UncleanMap!.UsedBytes);
        Assert.Equal(clean.Label, content.Label);
        aged.Write(12 * 512 + at, [0x77]);
        Assert.True(new ExFatReader().Read(aged, Options) is null or { Map: null, UncleanMap: null });
    }

    public void Dispose() => _temp.Dispose();
}
