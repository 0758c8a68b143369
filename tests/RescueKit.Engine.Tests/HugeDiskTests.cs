using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>Alone in the process: what the garbage collector counts is the whole process's.</summary>
[CollectionDefinition(nameof(HugeDiskTests), DisableParallelization = true)]
public sealed class HugeDiskTestsCollection;

/// <summary>Time, memory and image size follow what a sparse disk holds, not how large it is.</summary>
[Collection(nameof(HugeDiskTests))]
public class HugeDiskTests
{
    private const long Length = 2L << 40;

    [Fact]
    public void A_disk_of_two_tebibytes_that_is_nearly_all_holes_goes_through_quickly()
    {
        var disk = new MemoryDisk(Length);
        var random = new Random(5);
        var places = new List<(long Offset, byte[] Bytes)>();
        for (var i = 0; i < 40; i++)
        {
            var bytes = new byte[1 + random.Next(100_000)];
            random.NextBytes(bytes);
            places.Add((random.NextInt64(Length - bytes.Length), bytes));
            disk.Write(places[^1].Offset, bytes);
        }
        var store = new MemoryStore();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var receipt = Bench.Backup(disk, store);
        Assert.Equal("complete", receipt.Verdict);
        Assert.InRange(receipt.BytesRead, 1, 16 << 20);
        Assert.InRange(store.Parts[Bench.Image].Length, 1, 16 << 20);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 64 << 20);

        var target = new MemoryDisk(Length) { UnwrittenIsZero = true };
        Assert.Equal("complete", Bench.Restore(store, target, Bench.RestoreRequest with { Verify = true }).Verdict);
        Assert.InRange(target.WrittenBytes, 1, 64 << 20);
        foreach (var (offset, bytes) in places)
        {
            var found = new byte[bytes.Length];
            target.Read(offset, found);
            Assert.Equal(bytes, found);
        }
    }
}
