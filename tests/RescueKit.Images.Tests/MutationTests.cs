using System.Buffers.Binary;
using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>
/// Structure-aware mutation: headers, pages, directories, index and footers are changed field by field and their checksums put right,
/// so that what lies behind the checksums is reached. 25,000 for each of four kinds of image, RESCUEKIT_TEST_SCALE times.
/// </summary>
public class MutationTests
{
    private const int Trials = 25_000;
    private static readonly TestDisk Disk = TestDisk.Mixed(31, 10);

    private static int Scale => int.TryParse(Environment.GetEnvironmentVariable("RESCUEKIT_TEST_SCALE"), out var scale) ? scale : 1;

    [Theory]
    [InlineData(CodecKind.Lz4, false, null, true)]
    [InlineData(CodecKind.Zstd, false, 22_000L, true)]
    [InlineData(CodecKind.None, true, null, true)]
    [InlineData(CodecKind.Lz4, false, null, false)]
    public void Mutated_images_are_refused_told_or_right(CodecKind codec, bool encrypted, long? split, bool complete)
    {
        var (original, root) = Original(codec, encrypted, split, complete);
        var seed = Frames.Seed(original);
        var frames = Frames.Of(original);
        var verdicts = new int[3];
        for (var trial = 0; trial < Trials * Scale; trial++)
        {
            var random = new Random(trial);
            var store = original.Clone();
            for (var mutations = random.Next(1, 4); mutations > 0; mutations--) Mutate(store, frames, seed, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                verdicts[(int)Judge.Examine(store, Disk, root)]++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"trial {trial}: {e.Message}", e);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
        }
        Assert.All(verdicts[..2], count => Assert.True(count > Trials / 1000));
    }

    [Fact]
    public void Mutated_images_are_refused_or_resumed_rightly()
    {
        var (original, _) = Original(CodecKind.Lz4, false, null, complete: false);
        var seed = Frames.Seed(original);
        var frames = Frames.Of(original);
        var resumed = 0;
        for (var trial = 0; trial < 2000 * Scale; trial++)
        {
            var random = new Random(trial);
            var store = original.Clone();
            for (var mutations = random.Next(1, 4); mutations > 0; mutations--) Mutate(store, frames, seed, random);
            try
            {
                using var writer = ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), TestImages.Options(CodecKind.Lz4, seed: trial + 5));
                TestImages.Fill(writer, Disk);
                writer.Complete();
            }
            catch (ImageException)
            {
                continue;
            }
            catch (UsageException)
            {
                // A mutated geometry can want pages that no part holds.
                continue;
            }
            resumed++;
            using var reader = ImageReader.Open(store, TestImages.Name);
            if (reader.ChunkSize == 4096) TestImages.AssertHolds(reader, Disk);
        }
        Assert.InRange(resumed, 500, int.MaxValue);
    }

    private static (MemoryStore Store, ChunkDigest Root) Original(CodecKind codec, bool encrypted, long? split, bool complete)
    {
        var options = TestImages.Options(codec, encrypted, split, chunksPerRegion: 4);
        if (complete)
        {
            var (whole, summary) = TestImages.Create(Disk, options);
            return (whole, summary.RootDigest);
        }
        var store = new MemoryStore();
        using var writer = ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), options);
        TestImages.Fill(writer, Disk);
        // Neither the last page nor an end.
        var last = Frames.Of(store)[^1];
        store.Parts[last.Part].Truncate(last.Offset);
        return (store, default);
    }

    private static void Mutate(MemoryStore store, List<TestFrame> frames, uint seed, Random random)
    {
        var frame = frames[random.Next(frames.Count)];
        // Chunks are many and dull.
        for (var again = 0; again < 2 && frame.Header.Type == FrameType.Chunk; again++) frame = frames[random.Next(frames.Count)];
        var memory = store.Parts[frame.Part];
        var part = memory.Span;
        var end = frame.PayloadOffset + frame.Header.StoredLength;
        if (end > part.Length) return;
        var payload = part[frame.PayloadOffset..end];
        switch (random.Next(10))
        {
            case 0:
                part[random.Next(part.Length)] ^= (byte)(1 << random.Next(8));
                return;
            case 1:
                memory.Truncate(random.Next(part.Length));
                return;
            case 2:
                Overwrite(part.Slice((int)frame.Offset + 4, 0x18), random);
                break;
            case 3:
                part.Slice((int)frame.Offset, random.Next(1, FrameHeader.Size)).Fill((byte)random.Next(256));
                return;
            case 4:
                var other = frames[random.Next(frames.Count)];
                if (other.Part != frame.Part || other.Offset + other.Header.TotalLength > part.Length) return;
                var target = part[(int)frame.Offset..]; // an earlier cut may have taken the end of its padding
                var length = Math.Min(target.Length, (int)Math.Min(other.Header.TotalLength, frame.Header.TotalLength));
                part.Slice((int)other.Offset, length).ToArray().CopyTo(target);
                return;
            case 5 when payload.Length > 1:
                var from = random.Next(payload.Length);
                payload[from..].Clear();
                break;
            default:
                if (!payload.IsEmpty) Overwrite(payload, random);
                break;
        }
        Frames.FixChecksums(part, (int)frame.Offset, seed);
        if (frame.Header.Type == FrameType.Index) FixFooters(store, frames, seed, ChunkDigest.Of(payload));
    }

    private static void FixFooters(MemoryStore store, List<TestFrame> frames, uint seed, ChunkDigest index)
    {
        foreach (var footer in frames.Where(f => f.Header.Type == FrameType.Footer))
        {
            var part = store.Parts[footer.Part].Span;
            if (footer.PayloadOffset + footer.Header.StoredLength > part.Length) continue;
            index[..].CopyTo(part[(footer.PayloadOffset + 0x20)..]);
            Frames.FixChecksums(part, (int)footer.Offset, seed);
        }
    }

    private static void Overwrite(Span<byte> field, Random random)
    {
        var at = random.Next(field.Length);
        var rest = field[at..];
        switch (random.Next(6))
        {
            case 0:
                rest[0] = (byte)random.Next(256);
                break;
            case 1:
                rest[0] += (byte)(random.Next(2) == 0 ? 1 : 255);
                break;
            case 2 when rest.Length >= 4:
                BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)Interesting(random));
                break;
            case 3 when rest.Length >= 8:
                BinaryPrimitives.WriteUInt64LittleEndian(rest, Interesting(random));
                break;
            case 4:
                rest[..Math.Min(rest.Length, random.Next(1, 12))].Fill(0xFF);
                break;
            default:
                random.NextBytes(rest[..Math.Min(rest.Length, random.Next(1, 9))]);
                break;
        }
    }

    private static ulong Interesting(Random random)
    {
        ulong[] values = [0, 1, 15, 16, 0x7F, 0x80, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1UL << 40, long.MaxValue, ulong.MaxValue, ulong.MaxValue - 15];
        return values[random.Next(values.Length)] + (ulong)random.Next(2);
    }
}
