using RescueKit.Agent.Import;
using RescueKit.Model;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Import;

/// <summary>The header that partclone itself writes, and what is none.</summary>
public sealed class PartcloneHeaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Both_formats_say_the_same_of_one_volume()
    {
        var volume = SparseFile.Create(_folder.File("volume"), 8 << 20);
        Tool.Must("mke2fs", "-q", "-t", "ext4", "-b", "1024", volume);
        new ClonezillaSave { Packed = "uncomp" }.SaveVolume(volume, "ext4", _folder.File("second"));
        var second = PartcloneHeader.Parse(File.ReadAllBytes(_folder.File("second")), "second")!;
        var first = PartcloneHeader.Parse(ClonezillaSave.FirstFormat(File.ReadAllBytes(volume), 1024), "first")!;
        Assert.Equal((2, "EXTFS", 8L << 20, 8192L, 1024, true), (second.Format, second.FileSystem, second.DeviceLength, second.TotalBlocks, second.BlockSize, second.HasChecksums));
        Assert.Equal((1, "EXTFS", 8L << 20, 8192L, 1024, false), (first.Format, first.FileSystem, first.DeviceLength, first.TotalBlocks, first.BlockSize, first.HasChecksums));
        Assert.InRange(second.UsedBytes, first.UsedBytes, 8 << 20);
    }

    [Fact]
    public void What_is_none_or_contradicts_itself_is_told_apart()
    {
        var good = ClonezillaSave.FirstFormat(new byte[1 << 20], 4096)[..PartcloneHeader.Length];
        Assert.NotNull(PartcloneHeader.Parse(good, "good"));
        Assert.Null(PartcloneHeader.Parse(new byte[PartcloneHeader.Length], "zeros"));
        Assert.Null(PartcloneHeader.Parse([], "nothing"));
        Assert.Throws<ImageDamagedException>(() => PartcloneHeader.Parse(good.AsSpan(0, 50), "short"));
        Assert.Throws<ImageUnsupportedException>(() => PartcloneHeader.Parse(With(good, 33, (byte)'3'), "later"));
        Assert.NotNull(PartcloneHeader.Parse(With(good, 56, 1), "one block"));
        foreach (var (at, value) in ((int, byte)[])[(36 + 3, 0x80), (47, 0x80), (55, 0x7f), (63, 0x80)])
            Assert.Throws<ImageDamagedException>(() => PartcloneHeader.Parse(With(good, at, value), "nonsense"));
    }

    private static byte[] With(byte[] header, int at, byte value)
    {
        var changed = (byte[])header.Clone();
        changed[at] = value;
        return changed;
    }
}
