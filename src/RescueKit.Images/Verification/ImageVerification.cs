using RescueKit.Model;

namespace RescueKit.Images.Verification;

/// <summary>Something that is not what was written.</summary>
/// <param name="Part">1-based; null where it cannot be told.</param>
/// <param name="Offset">Of the frame in its part; null where it cannot be told.</param>
/// <param name="Disk">What of the disk is lost by it; null where nothing is.</param>
public sealed record ImageDamage(string Message, int? Part, long? Offset, Extent? Disk);

/// <summary>What a verification found. Bytes.</summary>
public sealed record ImageVerification
{
    /// <summary>The first thousand; <see cref="DamageCount"/> tells how many there are.</summary>
    public required IReadOnlyList<ImageDamage> Damage { get; init; }
    public required long DamageCount { get; init; }

    /// <summary>Of the disk.</summary>
    public required long DamagedBytes { get; init; }
    public required long VerifiedBytes { get; init; }
    public required long UnreadableBytes { get; init; }
    public required long PendingChunks { get; init; }
    public required IReadOnlyList<int> MissingParts { get; init; }
    public required bool IsComplete { get; init; }
    public required IReadOnlyList<string> Repairs { get; init; }
    public required ChunkDigest RootDigest { get; init; }

    /// <summary>Complete, every byte what was written, and nothing had to be worked around. Recorded losses do not count against it.</summary>
    public bool IsSound => IsComplete && DamageCount == 0 && PendingChunks == 0 && MissingParts.Count == 0 && Repairs.Count == 0;
}
