using RescueKit.Engine.Pipelines;
using RescueKit.Images;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Faults;

/// <summary>How a run ended: an exit code, and either a receipt or a typed error.</summary>
internal sealed record Outcome(int ExitCode, Receipt? Receipt, Exception? Error)
{
    /// <summary>Fails the test for any exception that a person could not be told.</summary>
    public static Outcome Of(Func<Receipt> run)
    {
        try
        {
            var receipt = run();
            return new Outcome(receipt.ExitCode, receipt, null);
        }
        catch (Exception e)
        {
            Assert.True(e is RescueKitException or OperationCanceledException, $"an exception that nobody explains: {e}");
            return new Outcome(ExitCodes.Of(e), null, e);
        }
    }

    public override string ToString() => $"exit code {ExitCode} ({Error?.Message ?? Receipt?.Verdict})";
}

/// <summary>Runs small enough that a fault can be put at each of their operations, and what has to hold after each.</summary>
internal static class Sweep
{
    /// <summary>One worker, so that the n-th operation is the same in every run; small requests, so that there are many.</summary>
    public static RunResources Resources { get; } = new() { Workers = 1, RequestBytes = 256 << 10 };

    public static BackupRequest BackupRequest { get; } = Bench.BackupRequest with { ChunkSize = 64 << 10 };

    /// <summary>
    /// Runs one case for each index from 1 to <paramref name="count"/>; a failure names the index. In the core tier, for those at both ends, where a
    /// run reads its tables and completes what it wrote, and for each sixteenth between them.
    /// </summary>
    public static void Each(int count, Action<int> one)
    {
        const int ends = 8;
        Assert.InRange(count, 1, 2000);
        var failures = new SortedDictionary<int, Exception>();
        Parallel.For(1, count + 1, at =>
        {
            if (!TestScale.IsWide && at > ends && at <= count - ends && at % 16 != 0) return;
            try
            {
                one(at);
            }
            catch (Exception e)
            {
                lock (failures) failures[at] = e;
            }
        });
        if (failures.Count == 0) return;
        var (index, first) = failures.First();
        Assert.Fail($"{failures.Count} of {count} indexes fail ({string.Join(", ", failures.Keys.Take(30))}); {index}: {first}");
    }

    /// <summary>
    /// Fails unless an image is whole and holds what the disk holds: all that an undisturbed run takes, or more, and nothing lost but
    /// what it says itself.
    /// </summary>
    /// <returns>What it says is lost.</returns>
    public static ExtentSet MustHold(MemoryStore store, SmallDisk disk)
    {
        using var image = ImageReader.Open(store, Bench.Image);
        Assert.True(image.IsComplete, "the image is not complete");
        var unreadable = new ExtentSetBuilder();
        var used = new ExtentSetBuilder();
        var content = new byte[image.ChunkSize];
        for (var i = 0; i < image.RegionCount; i++)
        {
            var page = image.ReadRegion(i);
            unreadable.Add(page.Unreadable);
            used.Add(page.Used);
            for (var c = 0; c < page.ChunkCount; c++)
            {
                var range = page.ChunkRange(c);
                var bytes = content.AsSpan(0, (int)range.Length);
                image.ReadChunk(page, c, bytes);
                foreach (var e in page.Used.Clip(range).Except(page.Unreadable))
                    Assert.True(bytes.Slice((int)(e.Offset - range.Offset), (int)e.Length).SequenceEqual(disk.Bytes.AsSpan((int)e.Offset, (int)e.Length)), $"{e} differs");
            }
        }
        Assert.True(used.ToSet().IsSupersetOf(disk.Used), "something is missing");
        return unreadable.ToSet();
    }

    /// <summary>Goes on with what a failed backup left, or starts anew where it left nothing; the end has to be the undisturbed image.</summary>
    /// <param name="expected">The content digest of the undisturbed image.</param>
    public static void MustResume(MemoryStore store, SmallDisk disk, BackupRequest request, ChunkDigest expected)
    {
        store.Before = null;
        var left = store.Exists(Bench.Image);
        if (left && IsComplete(store))
        {
            Assert.True(MustHold(store, disk).IsEmpty);
            return;
        }
        var receipt = Bench.Backup(disk.Disk, store, request with { Resume = left, OnBadSector = BadSectorPolicy.Fail, Verify = true }, Resources);
        Assert.Equal("complete", receipt.Verdict);
        Assert.Equal(expected, ContentDigest(store));
    }

    public static ChunkDigest ContentDigest(MemoryStore store)
    {
        using var image = ImageReader.Open(store, Bench.Image);
        return image.ContentDigest;
    }

    private static bool IsComplete(MemoryStore store)
    {
        try
        {
            using var image = ImageReader.Open(store, Bench.Image);
            return image.IsComplete;
        }
        catch (ImageException)
        {
            return false;
        }
    }
}
