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

    public void Dispose() => _temp.Dispose();
}
