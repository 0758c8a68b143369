using RescueKit.Engine.Serving;
using RescueKit.Images;
using RescueKit.Images.Codecs;
using RescueKit.Model;
using RescueKit.Testing.Contracts;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Serving;

/// <summary>A cache of few chunks, so that they come and go.</summary>
public class ImageDiskContract : BlockSourceContract
{
    internal const int ChunkSize = 64 << 10;

    protected override IBlockSource CreateSource(byte[] content) => Disk(Bench.TakeImage(content, Bench.BackupRequest with { ChunkSize = ChunkSize }));

    internal static ImageDisk Disk(MemoryStore store, long cacheBytes = 4 * ChunkSize) => new(ImageReader.Open(store, Bench.Image), Bench.Image, cacheBytes);
}

/// <summary>Images of real disks, read as disks.</summary>
[Collection("disks")]
public class ImageDiskTests(DiskFixture disks)
{
    [Theory]
    [InlineData("gpt", CodecKind.Lz4)]
    [InlineData("gpt", CodecKind.None)]
    [InlineData("mbr", CodecKind.Zstd)]
    public void It_is_the_disk_in_every_used_block_and_zeros_elsewhere(string kind, CodecKind codec)
    {
        var bytes = disks.Bytes(kind);
        var store = Bench.TakeImage(bytes, Bench.BackupRequest with { Codec = codec });
        var used = Used(store);
        using var disk = ImageDiskContract.Disk(store);
        var content = new byte[bytes.Length];
        Parallel.For(0, 8, part =>
        {
            var (from, to) = (bytes.Length / 8 * part, part == 7 ? bytes.Length : bytes.Length / 8 * (part + 1));
            for (var at = from; at < to; at += 100_000) disk.Read(at, content.AsSpan(at, Math.Min(100_000, to - at)));
        });
        foreach (var extent in used)
            Assert.True(content.AsSpan((int)extent.Offset, (int)extent.Length).SequenceEqual(bytes.AsSpan((int)extent.Offset, (int)extent.Length)), $"{extent} differs");
        foreach (var free in used.ComplementIn(new Extent(0, bytes.Length)))
            Assert.False(content.AsSpan((int)free.Offset, (int)free.Length).ContainsAnyExcept((byte)0), $"{free} is not zero");
        Assert.True(used.IsSupersetOf(disk.DataIn(new Extent(0, bytes.Length))));
    }

    [Fact]
    public void What_is_read_in_order_is_decoded_once()
    {
        var store = Bench.TakeImage(disks.GptBytes, Bench.BackupRequest with { ChunkSize = ImageDiskContract.ChunkSize });
        using var disk = ImageDiskContract.Disk(store, 64 * ImageDiskContract.ChunkSize);
        var data = disk.DataIn(new Extent(0, disk.Length)).AlignOutward(ImageDiskContract.ChunkSize, disk.Length).TotalLength / ImageDiskContract.ChunkSize;
        var buffer = new byte[4096];
        for (var at = 0L; at + buffer.Length <= disk.Length; at += buffer.Length) disk.Read(at, buffer);
        Assert.InRange(disk.DecodedChunks, data, data + data / 20 + 1);
    }

    [Fact]
    public void A_chunk_that_is_damaged_cannot_be_read_and_its_neighbours_can()
    {
        var store = Bench.TakeImage(disks.GptBytes, Bench.BackupRequest with { ChunkSize = ImageDiskContract.ChunkSize, Codec = CodecKind.None });
        var used = Used(store).First(extent => extent.Offset > 2 * ImageDiskContract.ChunkSize && extent.Length >= 8192 && disks.GptBytes.AsSpan((int)extent.Offset, 512).ContainsAnyExcept((byte)0));
        var victim = used.Offset / ImageDiskContract.ChunkSize * ImageDiskContract.ChunkSize;
        var stored = store.Parts[Bench.Image].Span;
        var place = stored.IndexOf(disks.GptBytes.AsSpan((int)used.Offset, 512));
        Assert.True(place > 0);
        stored[place + 100] ^= 1;
        using var disk = ImageDiskContract.Disk(store);
        var buffer = new byte[512];
        Assert.Throws<ImageDamagedException>(() => disk.Read(victim, buffer));
        Assert.Throws<ImageDamagedException>(() => disk.Read(victim + 1000, buffer)); // nothing of it has been kept
        disk.Read(victim - ImageDiskContract.ChunkSize, buffer);
        disk.Read(victim + ImageDiskContract.ChunkSize, buffer);
        disk.Read(0, buffer);
        Assert.Equal(disks.GptBytes[..512], buffer);
    }

    [Fact]
    public void What_the_disk_could_not_read_the_image_does_not_invent()
    {
        var used = Used(Bench.TakeImage(disks.MbrBytes));
        var bad = new Extent(used[1].Offset + 4096, 512);
        var store = new MemoryStore();
        var source = new FailingSource(MemoryDisk.FromBytes(disks.MbrBytes), ExtentSet.Of(bad));
        Assert.Equal(5, Bench.Backup(source, store, Bench.BackupRequest with { OnBadSector = BadSectorPolicy.Skip }).ExitCode);
        using var disk = ImageDiskContract.Disk(store);
        var buffer = new byte[1024];
        Assert.True(bad.Overlaps(Assert.Throws<BlockReadException>(() => disk.Read(bad.Offset - 512, buffer)).Extent));
        disk.Read(bad.Offset - 1024, buffer);
        Assert.Equal(disks.MbrBytes[(int)(bad.Offset - 1024)..(int)bad.Offset], buffer);
    }

    internal static ExtentSet Used(MemoryStore store)
    {
        using var image = ImageReader.Open(store, Bench.Image);
        var used = new ExtentSetBuilder();
        for (var i = 0; i < image.RegionCount; i++) used.Add(image.ReadRegion(i).Used);
        return used.ToSet();
    }
}
