using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace RescueKit.Model;

/// <summary>SHA-256 of a chunk's content, the bytes outside the allocation map taken as zeros.</summary>
[InlineArray(Size)]
[SuppressMessage("Performance", "CA1815", Justification = "Equality is defined below.")]
public struct ChunkDigest : IEquatable<ChunkDigest>
{
    public const int Size = 32;
    private byte _first;

    public static ChunkDigest Of(ReadOnlySpan<byte> content)
    {
        var digest = default(ChunkDigest);
        SHA256.HashData(content, digest);
        return digest;
    }

    public static ChunkDigest FromBytes(ReadOnlySpan<byte> bytes)
    {
        var digest = default(ChunkDigest);
        bytes[..Size].CopyTo(digest);
        return digest;
    }

    public readonly bool Equals(ChunkDigest other) => ((ReadOnlySpan<byte>)this).SequenceEqual(other);
    public override readonly bool Equals(object? obj) => obj is ChunkDigest other && Equals(other);
    public override readonly int GetHashCode() => BitConverter.ToInt32(this);
    public override readonly string ToString() => Convert.ToHexStringLower(this);
    public static bool operator ==(ChunkDigest a, ChunkDigest b) => a.Equals(b);
    public static bool operator !=(ChunkDigest a, ChunkDigest b) => !a.Equals(b);
}

/// <summary>What an image knows of one chunk. Values are part of the image format.</summary>
public enum ChunkState : byte
{
    /// <summary>No byte of it is in use: content zero, nothing stored.</summary>
    Unallocated = 0,
    /// <summary>In use, all zeros: nothing stored.</summary>
    Zero = 1,
    /// <summary>Stored in a frame; any unreadable sectors in it are in the region's list.</summary>
    Data = 2,
    /// <summary>In use and wholly unreadable: nothing stored.</summary>
    Unreadable = 3,
    /// <summary>In use, left out on request: nothing stored.</summary>
    Excluded = 4,
    /// <summary>Not yet read: appears only in images that are not complete.</summary>
    Pending = 5,
}
