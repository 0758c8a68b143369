using System.Buffers.Binary;
using System.Security.Cryptography;
using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>The tree of digests over what is where; storage (parts, offsets, codec) stays out of it (FORMAT.md, "Digests").</summary>
internal static class ImageDigests
{
    private const int Batch = 256;

    public static ChunkDigest OfRegion(RegionPage page)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[16 + 8 + 8 + 8];
        "RescueKit region"u8.CopyTo(head);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], (ulong)page.Region);
        BinaryPrimitives.WriteUInt64LittleEndian(head[24..], (ulong)page.FirstChunk);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], (ulong)page.ChunkCount);
        hash.AppendData(head);
        Append(hash, page.Used);
        Append(hash, page.Unreadable);
        Append(hash, page.Excluded);
        AppendRows(hash, page);
        return Finish(hash);
    }

    /// <summary>Equal for equal content, whatever image, codec or description it is stored with.</summary>
    public static ChunkDigest OfContent(ImageGeometry geometry, IEnumerable<ChunkDigest> regions)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[17 + 8 + 8 + 8];
        "RescueKit content"u8.CopyTo(head);
        BinaryPrimitives.WriteUInt64LittleEndian(head[17..], (ulong)geometry.DiskLength);
        BinaryPrimitives.WriteUInt64LittleEndian(head[25..], (ulong)geometry.ChunkSize);
        BinaryPrimitives.WriteUInt64LittleEndian(head[33..], (ulong)geometry.ChunksPerRegion);
        hash.AppendData(head);
        foreach (var region in regions) hash.AppendData(region);
        return Finish(hash);
    }

    public static ChunkDigest OfRoot(Guid imageId, in ChunkDigest description, in ChunkDigest content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("RescueKit root"u8);
        hash.AppendData(imageId.ToByteArray(bigEndian: true));
        hash.AppendData(description);
        hash.AppendData(content);
        return Finish(hash);
    }

    /// <summary>In batches: a call of the digest for each of a sparse disk's millions of empty chunks would cost more than all the rest.</summary>
    private static void AppendRows(IncrementalHash hash, RegionPage page)
    {
        const int rowSize = 1 + ChunkDigest.Size;
        Span<byte> batch = stackalloc byte[Batch * rowSize];
        var filled = 0;
        for (var i = 0; i < page.ChunkCount; i++)
        {
            batch[filled++] = (byte)page.State(i);
            if (page.State(i) == ChunkState.Data)
            {
                page.StoredDigest(i)[..].CopyTo(batch[filled..]);
                filled += ChunkDigest.Size;
            }
            if (filled <= batch.Length - rowSize) continue;
            hash.AppendData(batch[..filled]);
            filled = 0;
        }
        hash.AppendData(batch[..filled]);
    }

    private static void Append(IncrementalHash hash, ExtentSet set)
    {
        Span<byte> batch = stackalloc byte[Batch * 16];
        BinaryPrimitives.WriteUInt64LittleEndian(batch, (ulong)set.Count);
        hash.AppendData(batch[..8]);
        var filled = 0;
        foreach (var extent in set.AsSpan())
        {
            BinaryPrimitives.WriteUInt64LittleEndian(batch[filled..], (ulong)extent.Offset);
            BinaryPrimitives.WriteUInt64LittleEndian(batch[(filled + 8)..], (ulong)extent.Length);
            filled += 16;
            if (filled < batch.Length) continue;
            hash.AppendData(batch);
            filled = 0;
        }
        hash.AppendData(batch[..filled]);
    }

    private static ChunkDigest Finish(IncrementalHash hash)
    {
        var digest = default(ChunkDigest);
        hash.GetHashAndReset(digest);
        return digest;
    }
}
