using System.Collections.Concurrent;
using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>SHA-256 of so many zeros; images use at most two lengths each (a chunk, and the disk's last).</summary>
internal static class ZeroDigests
{
    private const int Kept = 64;
    private static readonly ConcurrentDictionary<long, ChunkDigest> Known = new();

    public static ChunkDigest Of(long length)
    {
        if (Known.TryGetValue(length, out var digest)) return digest;
        digest = ChunkDigest.Of(new byte[length]);
        if (Known.Count < Kept) Known[length] = digest;
        return digest;
    }
}
