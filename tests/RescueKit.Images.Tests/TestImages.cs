using RescueKit.Images.Chunks;
using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>Small disks with known content, and images of them.</summary>
internal static class TestImages
{
    public const string Name = "disk.rki";
    public static readonly byte[] Passphrase = "correct horse"u8.ToArray();

    public static ImageDescription Describe(long length, string kind = "cold", string serial = "SERIAL-0001") => new()
    {
        Disk = new SourceDisk(length, 512, 4096, "Gpt", 512, "disk-guid", "disk.img", "Model of Test", serial, null, "virtio"),
        Volumes =
        [
            new ImagedVolume(1, 0, length, "linux", "Linux filesystem", "part-guid", "rootfs-name", 0, "ext4", "SECRETLABEL", "uuid-1", 4096, length,
                false, null, false, 0, false, false, true, []),
        ],
        Taken = new Taking(kind, "offline", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)),
        TableAreas = [new RawArea(0, [1, 2, 3, 4])],
        Writer = "test 1.0",
    };

    /// <summary>Randomness that repeats: the image comes out the same byte for byte.</summary>
    public static WriterHooks Repeatable(int seed, int? chunksPerRegion = 8, long? splitBytes = null, Action<ushort, ulong>? nonceUsed = null)
    {
        var random = new Random(seed);
        return new WriterHooks { Random = random.NextBytes, ChunksPerRegion = chunksPerRegion, SplitBytes = splitBytes, NonceUsed = nonceUsed };
    }

    public static ImageWriterOptions Options(CodecKind codec = CodecKind.None, bool encrypted = false, long? splitBytes = null, int chunkSize = 4096,
        int seed = 1, int? chunksPerRegion = 8) => new()
        {
            Codec = codec,
            ChunkSize = chunkSize,
            Passphrase = encrypted ? new ReadOnlyMemory<byte>(Passphrase) : (ReadOnlyMemory<byte>?)null,
            KdfIterations = 2,
            Hooks = Repeatable(seed, chunksPerRegion, splitBytes),
        };

    public static Func<ReadOnlyMemory<byte>> Opener => () => Passphrase;

    public static (MemoryStore Store, ImageSummary Summary) Create(TestDisk disk, ImageWriterOptions options)
    {
        var store = new MemoryStore();
        using var writer = ImageWriter.Create(store, Name, Describe(disk.Length), options);
        Fill(writer, disk);
        return (store, writer.Complete());
    }

    /// <summary>Runs over a whole disk as a backup does.</summary>
    public static void Fill(ImageWriter writer, TestDisk disk)
    {
        using var encoder = writer.NewEncoder();
        var content = new byte[writer.ChunkSize];
        for (var region = 0; region < writer.RegionCount; region++) FillRegion(writer, encoder, disk, region, content);
    }

    private static void FillRegion(ImageWriter writer, ChunkEncoder encoder, TestDisk disk, int region, byte[] content)
    {
        var start = region * writer.RegionBytes;
        var range = new Extent(start, Math.Min(writer.RegionBytes, disk.Length - start));
        var used = disk.Used.Clip(range);
        writer.BeginRegion(region, used, disk.Excluded.Clip(range));
        for (var offset = range.Offset; offset < range.End; offset += writer.ChunkSize)
        {
            var chunk = new Extent(offset, Math.Min(writer.ChunkSize, disk.Length - offset));
            if (!used.Overlaps(chunk) || disk.Unreadable.IsSupersetOf(used.Clip(chunk))) continue;
            disk.Masked(chunk, content);
            writer.Put(encoder.Encode(offset / writer.ChunkSize, content.AsSpan(0, (int)chunk.Length)));
        }
        writer.EndRegion(disk.Unreadable.Clip(range));
    }

    public static void AssertHolds(ImageReader reader, TestDisk disk)
    {
        var expected = new byte[reader.ChunkSize];
        var actual = new byte[reader.ChunkSize];
        for (var region = 0; region < reader.RegionCount; region++)
        {
            var page = reader.ReadRegion(region);
            Assert.Equal(disk.Used.Clip(page.Range), page.Used);
            Assert.Equal(disk.Unreadable.Clip(page.Range), page.Unreadable);
            Assert.Equal(disk.Excluded.Clip(page.Range), page.Excluded);
            for (var i = 0; i < page.ChunkCount; i++)
            {
                var range = page.ChunkRange(i);
                reader.ReadChunk(page, i, actual.AsSpan(0, (int)range.Length));
                disk.Masked(range, expected);
                Assert.True(expected.AsSpan(0, (int)range.Length).SequenceEqual(actual.AsSpan(0, (int)range.Length)), $"content of {range}");
                Assert.Equal(disk.StateOf(range, expected.AsSpan(0, (int)range.Length)), page.State(i));
            }
        }
    }
}

/// <summary>Content, and which of it is used, unreadable or excluded.</summary>
internal sealed record TestDisk(byte[] Bytes, ExtentSet Used, ExtentSet Unreadable, ExtentSet Excluded)
{
    public long Length => Bytes.Length;

    /// <summary>Text that compresses, noise that does not, zeros, repetitions, holes; the last chunk is short.</summary>
    public static TestDisk Mixed(int seed, int chunks, int chunkSize = 4096, bool losses = true)
    {
        var random = new Random(seed);
        var bytes = new byte[chunks * chunkSize - chunkSize / 3];
        var used = new ExtentSetBuilder();
        var excluded = new ExtentSetBuilder();
        var unreadable = new ExtentSetBuilder();
        for (var i = 0; i < chunks; i++)
        {
            var start = i * chunkSize;
            var content = bytes.AsSpan(start, Math.Min(chunkSize, bytes.Length - start));
            var kind = i == chunks - 1 ? 2 : random.Next(10);
            if (kind < 2) random.NextBytes(content);
            else if (kind < 5) Text(content, i % 7);
            else if (kind < 6) content[..(content.Length / 2)].Fill((byte)i);
            if (kind == 7) continue;
            if (kind == 8 && losses) excluded.Add(start, content.Length);
            else if (kind == 9) used.Add(start + 512, content.Length - 1024);
            else used.Add(start, content.Length);
            if (kind == 3 && losses) unreadable.Add(start + 1024, 512);
            if (kind == 9 && losses && i % 2 == 0) unreadable.Add(start + 512, content.Length - 1024);
        }
        return new TestDisk(bytes, used.ToSet(), unreadable.ToSet(), excluded.ToSet());
    }

    private static void Text(Span<byte> content, int number)
    {
        var text = System.Text.Encoding.ASCII.GetBytes($"PLAINTEXT-{number} lies on this disk. ");
        for (var i = 0; i < content.Length; i++) content[i] = text[i % text.Length];
    }

    /// <summary>A chunk as it is imaged: what is not used, or not readable, is zero.</summary>
    public void Masked(Extent chunk, Span<byte> into)
    {
        into.Clear();
        foreach (var extent in Used.Clip(chunk).Except(Unreadable))
            Bytes.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(into[(int)(extent.Offset - chunk.Offset)..]);
    }

    public ChunkState StateOf(Extent chunk, ReadOnlySpan<byte> content)
    {
        if (!Used.Overlaps(chunk)) return Excluded.Overlaps(chunk) ? ChunkState.Excluded : ChunkState.Unallocated;
        if (Unreadable.IsSupersetOf(Used.Clip(chunk))) return ChunkState.Unreadable;
        return content.ContainsAnyExcept((byte)0) ? ChunkState.Data : ChunkState.Zero;
    }
}
