using System.Runtime.InteropServices;
using RescueKit.Disks.Stores;
using RescueKit.Images;
using RescueKit.Images.Codecs;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Benchmarks;

/// <summary>An image of a disk on which no two chunks are alike: the most that index and table of identical chunks ever have to hold.</summary>
internal static class DistinctChunks
{
    private const int ChunkSize = ImageLimits.MinChunkSize;

    public static void Write(long chunks, string imagePath)
    {
        var disk = new SourceDisk(chunks * ChunkSize, 512, 512, "none", 512, null, "distinct", null, null, null, null);
        var description = new ImageDescription
        {
            Disk = disk,
            Volumes = [],
            Taken = new Taking("cold", "offline", DateTimeOffset.UnixEpoch),
            Writer = "RescueKit.Benchmarks",
        };
        var store = new FolderStore(Path.GetDirectoryName(Path.GetFullPath(imagePath))!);
        using var writer = ImageWriter.Create(
            store, Path.GetFileName(imagePath), description, new ImageWriterOptions { ChunkSize = ChunkSize, Codec = CodecKind.Lz4 });
        using var encoder = writer.NewEncoder();
        var content = new byte[ChunkSize];
        var perRegion = writer.RegionBytes / ChunkSize;
        for (long first = 0; first < chunks; first += perRegion)
        {
            var end = Math.Min(chunks, first + perRegion);
            writer.BeginRegion((int)(first / perRegion), ExtentSet.Of(new Extent(first * ChunkSize, (end - first) * ChunkSize)), ExtentSet.Empty);
            for (var chunk = first; chunk < end; chunk++)
            {
                // Repeats its own number, so that ten million fit into memory when compressed.
                MemoryMarshal.Cast<byte, long>(content.AsSpan()).Fill(chunk + 1);
                writer.Put(encoder.Encode(chunk, content));
            }
            writer.EndRegion(ExtentSet.Empty);
        }
        writer.Complete();
    }
}
