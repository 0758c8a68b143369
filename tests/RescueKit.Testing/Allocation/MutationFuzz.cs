using System.Diagnostics;
using RescueKit.Model;

namespace RescueKit.Testing.Allocation;

/// <summary>What one case may cost. Reads are counted, not timed, so that a busy machine does not fail the test.</summary>
public sealed record FuzzLimits
{
    public int Reads { get; init; } = 200_000;
    public long ReadBytes { get; init; } = 256 << 20;
    public long AllocatedBytes { get; init; } = 64 << 20;

    /// <summary>Only catches loops that read nothing.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>How the cases came out; a test checks that both kinds occur, or its mutations miss the structures.</summary>
public sealed record FuzzOutcome(int Unrecognised, int Whole, int Mapped, int Unreadable);

/// <summary>
/// Runs a reader over many damaged copies of a good volume: no exception but <see cref="BlockReadException"/> and
/// <see cref="MalformedException"/>, well-formed results, bounded work and memory.
/// </summary>
public static class MutationFuzz
{
    /// <param name="image">The good volume; not changed.</param>
    /// <param name="metadata">Where the structures lie that decide; all are hit equally often.</param>
    /// <param name="repair">Called after each damage, for example to make checksums match again, so that the damage gets past them.</param>
    /// <param name="check">Called with each result that has a map, for what the well-formedness check cannot know.</param>
    public static FuzzOutcome Run(
        IAllocationReader reader, IBlockSource image, IReadOnlyList<Extent> metadata, int cases, int seed,
        FuzzLimits? limits = null, Action<OverlaySource, Random>? repair = null, Action<OverlaySource, VolumeContent>? check = null)
    {
        limits ??= new FuzzLimits();
        int unrecognised = 0, whole = 0, mapped = 0, unreadable = 0;
        var random = new Random(seed);
        var mutator = new Mutator(image, metadata, random);
        for (var number = 0; number < cases; number++)
        {
            var overlay = new OverlaySource(image);
            var what = mutator.Mutate(overlay);
            repair?.Invoke(overlay, random);
            overlay.ReadLimit = overlay.Reads + limits.Reads;
            overlay.ReadBytesLimit = overlay.ReadBytes + limits.ReadBytes;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            try
            {
                var content = reader.Read(overlay, new AllocationOptions());
                if (content is null)
                {
                    unrecognised++;
                }
                else
                {
                    MapAssert.WellFormed(content, image.Length);
                    if (content.Map is null) whole++;
                    else mapped++;
                    check?.Invoke(overlay, content);
                }
            }
            catch (Exception e) when (e is BlockReadException or MalformedException)
            {
                unreadable++;
            }
            catch (Exception e)
            {
                throw new MutationFailedException($"{reader.Family}, seed {seed}, case {number}: {what}: {e.Message}", e);
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > limits.AllocatedBytes) throw new MutationFailedException($"seed {seed}, case {number}: {what}: allocated {allocated} bytes");
            if (clock.Elapsed > limits.Time) throw new MutationFailedException($"seed {seed}, case {number}: {what}: took {clock.Elapsed}");
        }
        return new FuzzOutcome(unrecognised, whole, mapped, unreadable);
    }
}

public sealed class MutationFailedException(string message, Exception? inner = null) : Exception(message, inner);
