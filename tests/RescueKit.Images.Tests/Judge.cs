using RescueKit.Images.Verification;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Images.Tests;

/// <summary>How a damaged image was taken. Anything else than these is a failure of the test.</summary>
internal enum Verdict
{
    /// <summary>A typed error at opening.</summary>
    Refused,
    /// <summary>Opened; what is damaged or missing was said, what was read is right.</summary>
    Reported,
    /// <summary>Called sound, and right in every byte.</summary>
    Sound,
}

/// <summary>
/// Reads all of an image and verifies it. Under the root digest of the original everything that is read must be the original's; under any
/// other, or none, the image must not be called sound.
/// </summary>
internal static class Judge
{
    private const int MaxRegions = 64;

    public static Verdict Examine(MemoryStore store, TestDisk disk, ChunkDigest root)
    {
        ImageReader reader;
        try
        {
            reader = ImageReader.Open(store, TestImages.Name, TestImages.Opener);
        }
        catch (ImageException)
        {
            return Verdict.Refused;
        }
        using (reader)
        {
            var right = ReadAll(reader, disk, reader.IsComplete && reader.RootDigest == root);
            var verification = new ImageVerifier(reader) { Threads = 1 }.Run(null, default);
            if (!verification.IsSound) return Verdict.Reported;
            Assert.True(right, "the verifier calls sound what could not be read");
            Assert.Equal(root, reader.RootDigest);
            return Verdict.Sound;
        }
    }

    /// <summary>False where anything was refused.</summary>
    private static bool ReadAll(ImageReader reader, TestDisk disk, bool strict)
    {
        var all = true;
        for (var region = 0; region < Math.Min(reader.RegionCount, MaxRegions); region++)
        {
            try
            {
                all &= ReadRegion(reader, disk, reader.ReadRegion(region), strict);
            }
            catch (ImageException)
            {
                all = false;
            }
        }
        return all;
    }

    private static bool ReadRegion(ImageReader reader, TestDisk disk, RegionPage page, bool strict)
    {
        var all = true;
        if (strict && !page.IsRebuilt)
        {
            Assert.Equal(disk.Used.Clip(page.Range), page.Used);
            Assert.Equal(disk.Unreadable.Clip(page.Range), page.Unreadable);
            Assert.Equal(disk.Excluded.Clip(page.Range), page.Excluded);
        }
        for (var i = 0; i < page.ChunkCount; i++)
        {
            var range = page.ChunkRange(i);
            var actual = new byte[range.Length];
            try
            {
                reader.ReadChunk(page, i, actual);
            }
            catch (ImageException)
            {
                all = false;
                continue;
            }
            if (!strict || page.IsRebuilt) continue;
            var expected = new byte[range.Length];
            disk.Masked(range, expected);
            Assert.True(expected.AsSpan().SequenceEqual(actual), $"{range} was read wrong");
            Assert.Equal(disk.StateOf(range, expected), page.State(i));
        }
        return all;
    }
}
