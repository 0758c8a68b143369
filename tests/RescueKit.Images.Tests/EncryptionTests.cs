using System.Text;
using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

public class EncryptionTests
{
    private static readonly TestDisk Disk = TestDisk.Mixed(5, 40);

    [Theory]
    [InlineData(CodecKind.None)]
    [InlineData(CodecKind.Lz4)]
    [InlineData(CodecKind.Zstd)]
    public void Nothing_of_disk_or_description_can_be_read_without_the_passphrase(CodecKind codec)
    {
        Assert.True(Holds(TestImages.Create(Disk, TestImages.Options(CodecKind.None)).Store, "PLAINTEXT-"));
        var (store, _) = TestImages.Create(Disk, TestImages.Options(codec, encrypted: true, splitBytes: 40_000));
        foreach (var text in (string[])["PLAINTEXT", "SECRETLABEL", "SERIAL-0001", "ext4", "disk.img", "Model of Test", "rootfs", "volumes", "logical_sector"])
            Assert.False(Holds(store, text), text);
        // Nor a digest, by which known content could be recognised.
        var digest = ChunkDigest.Of(Disk.Bytes.AsSpan(0, 4096));
        Assert.All(store.Parts.Values, part => Assert.Equal(-1, part.Span.IndexOf((ReadOnlySpan<byte>)digest)));
    }

    private static bool Holds(MemoryStore store, string text) => store.Parts.Values.Any(part => part.Span.IndexOf(Encoding.ASCII.GetBytes(text)) >= 0);

    [Fact]
    public void A_wrong_or_missing_passphrase_is_told()
    {
        var (store, _) = TestImages.Create(Disk, TestImages.Options(encrypted: true));
        Assert.Throws<WrongPassphraseException>(() => ImageReader.Open(store, TestImages.Name, () => "wrong"u8.ToArray()));
        Assert.Throws<WrongPassphraseException>(() => ImageReader.Open(store, TestImages.Name));
        Assert.Throws<UsageException>(() => TestImages.Create(Disk, TestImages.Options() with { Passphrase = Array.Empty<byte>() }));
    }

    [Fact]
    public void Fewer_rounds_or_another_salt_in_the_key_area_do_not_open_it()
    {
        foreach (var offset in (int[])[0x28, 0x64, 0x68, 0x88, 0x94, 0xB4])
        {
            var (store, _) = TestImages.Create(Disk, TestImages.Options(encrypted: true));
            foreach (var frame in Frames.Of(store).Where(f => f.Header.Type == FrameType.Header)) Frames.Patch(store, frame, payload => payload[offset] ^= 2);
            Assert.ThrowsAny<ImageException>(() => ImageReader.Open(store, TestImages.Name, TestImages.Opener));
        }
    }

    [Fact]
    public void A_file_that_wants_endless_key_derivation_is_refused()
    {
        var (store, _) = TestImages.Create(Disk, TestImages.Options(encrypted: true));
        foreach (var frame in Frames.Of(store).Where(f => f.Header.Type == FrameType.Header)) Frames.Patch(store, frame, payload => payload[0x67] = 0x7F);
        Assert.Throws<ImageUnsupportedException>(() => ImageReader.Open(store, TestImages.Name, TestImages.Opener));
    }

    [Fact]
    public void Tampering_and_moving_are_damage()
    {
        var (store, _) = TestImages.Create(Disk, TestImages.Options(encrypted: true));
        var chunks = Frames.Of(store).Where(f => f.Header.Type == FrameType.Chunk).GroupBy(f => f.Header.StoredLength).First(g => g.Count() > 1).Take(2).ToList();
        var part = store.Parts[TestImages.Name];
        var length = (int)chunks[0].Header.TotalLength;
        var first = part.Span.Slice((int)chunks[0].Offset, length).ToArray();
        part.Span.Slice((int)chunks[1].Offset, length).CopyTo(part.Span[(int)chunks[0].Offset..]);
        first.CopyTo(part.Span[(int)chunks[1].Offset..]);
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        var verification = new Verification.ImageVerifier(reader).Run(null, default);
        Assert.True(verification.DamageCount >= 2);
        Assert.All(verification.Damage, damage => Assert.Contains("authenticate", damage.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void No_nonce_repeats_under_one_key_whatever_was_torn_before()
    {
        var used = new HashSet<(string Salt, ulong Sequence)>();
        var store = new MemoryStore();
        var random = new Random(4);
        for (var run = 0; run < 30; run++)
        {
            var salt = "";
            var inner = new Random(1000 + run);
            var hooks = TestImages.Repeatable(run) with
            {
                // The salt of the session is the last that is drawn before frames are sealed.
                Random = bytes =>
                {
                    inner.NextBytes(bytes);
                    salt = Convert.ToHexString(bytes);
                },
                NonceUsed = (_, sequence) => Assert.True(used.Add((salt, sequence)), $"nonce {sequence} was used twice under one key, in run {run}"),
            };
            var operations = random.Next(3, 25);
            store.Before = (operation, _, _) =>
            {
                if (operation != "read" && operations-- == 0) throw new NoSpaceException("full");
            };
            try
            {
                var options = TestImages.Options(encrypted: true) with { Hooks = hooks };
                using var writer = store.Parts.Count == 0
                    ? ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), options)
                    : ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), options);
                TestImages.Fill(writer, Disk);
            }
            catch (NoSpaceException)
            {
                var part = store.Parts[TestImages.Name];
                part.Truncate(part.Durable + random.NextInt64(part.Length - part.Durable + 1));
            }
        }
        Assert.InRange(used.Count, 100, int.MaxValue);
    }

    [Fact]
    public void No_nonce_repeats_over_sessions_and_each_has_its_own_key()
    {
        var nonces = new HashSet<(ushort, ulong)>();
        void Used(ushort session, ulong sequence) => Assert.True(nonces.Add((session, sequence)), $"nonce {sequence} was used twice in session {session}");
        var store = new MemoryStore();
        for (var run = 0; run < 4; run++)
        {
            var options = TestImages.Options(encrypted: true) with { Hooks = TestImages.Repeatable(run, nonceUsed: Used) };
            using var writer = run == 0
                ? ImageWriter.Create(store, TestImages.Name, TestImages.Describe(Disk.Length), options)
                : ImageWriter.Resume(store, TestImages.Name, TestImages.Describe(Disk.Length), options);
            if (run == 3)
            {
                TestImages.Fill(writer, Disk);
                writer.Complete();
                break;
            }
            using var encoder = writer.NewEncoder();
            writer.BeginRegion(run, Disk.Used.Clip(new Extent(run * writer.RegionBytes, writer.RegionBytes)), ExtentSet.Empty);
            writer.EndRegion(ExtentSet.Empty);
        }
        Assert.Equal(4, nonces.Select(nonce => nonce.Item1).Distinct().Count());
        var salts = new HashSet<string>();
        foreach (var frame in Frames.Of(store).Where(f => f.Header.Type == FrameType.Header))
            salts.Add(Convert.ToHexString(store.Parts[TestImages.Name].Span.Slice(frame.PayloadOffset + 0x40, 32)));
        Assert.Equal(4, salts.Count);
        using var reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        TestImages.AssertHolds(reader, Disk);
    }
}
