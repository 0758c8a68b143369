using System.Buffers.Binary;
using RescueKit.FileSystems.ExFat;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.ExFat;

/// <summary>
/// Allocation bitmaps as the specification allows and no formatter makes them: edited by hand into a volume of mkfs.exfat. Its tools, like
/// Linux, take every bitmap for contiguous, so they are no oracle for one in pieces.
/// </summary>
public sealed class ExFatBitmapTests : IDisposable
{
    private const int Cluster = 512;
    private const uint EndMark = 0xFFFFFFFF;
    private readonly TempFolder _temp = new();
    private readonly MemoryDisk _disk;
    private readonly ExFatBootRegion _boot;
    private readonly ExFatRootDirectory _root;
    private readonly int _clusters;

    public ExFatBitmapTests()
    {
        _disk = MemoryDisk.FromBytes(File.ReadAllBytes(ExFatVolume.Make(_temp, ExFatShape.Named("clusters-512")).Path));
        var region = new byte[ExFatBootRegion.Sectors * 512];
        _disk.Read(0, region);
        _boot = ExFatBootRegion.Parse(region, _disk.Length);
        _root = ExFatRootDirectory.Read(_disk, _boot, new ExFatChain(_disk, _boot));
        _clusters = (int)(((long)_root.BitmapLength + Cluster - 1) / Cluster);
        Assert.True(_clusters > 4, "the bitmap is too short to be taken to pieces");
    }

    public void Dispose()
    {
        _disk.Dispose();
        _temp.Dispose();
    }

    /// <summary>Every second cluster of it moves to the end of the heap; where it was lie a file's bytes, which a driver that expects one piece reads as bits.</summary>
    [Fact]
    public void A_bitmap_in_pieces_is_read_through_its_chain_and_also_as_if_it_were_in_one()
    {
        var bits = new byte[_clusters * Cluster];
        _disk.Read(_boot.OffsetOf(_root.BitmapCluster), bits);
        var places = Enumerable.Range(0, _clusters).Select(i => i % 2 == 0 ? _root.BitmapCluster + (uint)i : _boot.ClusterCount - 10 - 3 * (uint)i).ToList();
        foreach (var place in places) bits[(place - 2) / 8] |= (byte)(1 << (int)((place - 2) % 8));
        var file = new byte[Cluster];
        for (var i = 0; i < _clusters; i++)
        {
            new Random(i).NextBytes(file);
            if (i % 2 == 1) _disk.Write(_boot.OffsetOf(_root.BitmapCluster + (uint)i), file);
            _disk.Write(_boot.OffsetOf(places[i]), bits.AsSpan(i * Cluster, Cluster));
            Link(places[i], i + 1 < _clusters ? places[i + 1] : EndMark);
        }
        var contiguous = new byte[bits.Length];
        _disk.Read(_boot.OffsetOf(_root.BitmapCluster), contiguous);

        var content = Read();
        Assert.True(content.Map is not null, content.WholeReason);
        MapAssert.WellFormed(content, _disk.Length);
        var expected = new ExtentSetBuilder();
        expected.Add(0, _boot.HeapOffset);
        for (uint i = 0; i < _boot.ClusterCount; i++)
        {
            if (((bits[i / 8] | contiguous[i / 8]) >> (int)(i % 8) & 1) != 0) expected.Add(_boot.OffsetOf(i + 2), Cluster);
        }
        var heapEnd = _boot.HeapOffset + _boot.ClusterCount * (long)Cluster;
        if (heapEnd < _disk.Length) expected.Add(Extent.FromTo(heapEnd, _disk.Length));
        Assert.Equal(expected.ToSet(), content.Map.UsedIn(new Extent(0, _disk.Length)));
    }

    [Theory]
    [InlineData(EndMark)] // too short
    [InlineData(0u)] // free
    [InlineData(1u)]
    [InlineData(0xFFFFFFF7u)] // bad
    [InlineData(0x7FFFFFFFu)] // outside
    public void A_bitmap_whose_chain_breaks_off_means_whole(uint next)
    {
        Link(_root.BitmapCluster + 1, next);
        AssertWhole("allocation bitmap");
    }

    [Fact]
    public void A_bitmap_whose_chain_goes_round_means_whole()
    {
        Link(_root.BitmapCluster + 1, _root.BitmapCluster);
        AssertWhole("allocation bitmap");
    }

    [Theory]
    [InlineData(110, 2, "TexFAT")]
    [InlineData(106, 1, "second FAT")]
    public void Two_FATs_are_not_understood(int at, byte value, string reason)
    {
        foreach (var region in new[] { 0, ExFatBootRegion.Sectors * 512L })
        {
            _disk.Write(region + at, [value]);
            var sectors = new byte[ExFatBootRegion.Sectors * 512];
            _disk.Read(region, sectors);
            var sum = new byte[512];
            for (var i = 0; i < sum.Length; i += 4) BinaryPrimitives.WriteUInt32LittleEndian(sum.AsSpan(i), ExFatBootRegion.Checksum(sectors, 512));
            _disk.Write(region + 11 * 512, sum);
        }
        AssertWhole(reason);
    }

    /// <summary>The specification calls it a hint; 255 stands for "not known".</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(255)]
    public void The_percentage_in_use_proves_nothing(byte percent)
    {
        var before = Read().Map!.UsedIn(new Extent(0, _disk.Length));
        _disk.Write(112, [percent]);
        Assert.Equal(before, Read().Map!.UsedIn(new Extent(0, _disk.Length)));
    }

    private void Link(uint cluster, uint next)
    {
        var entry = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, next);
        _disk.Write(_boot.FatOffset + cluster * 4L, entry);
    }

    private void AssertWhole(string reason)
    {
        var content = Read();
        Assert.Null(content.Map);
        Assert.Null(content.UncleanMap);
        Assert.Contains(reason, content.WholeReason);
    }

    private VolumeContent Read() => new ExFatReader().Read(_disk, new AllocationOptions())!;
}
