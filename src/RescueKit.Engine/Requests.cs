using RescueKit.Engine.Ids;
using RescueKit.Engine.Sizes;
using RescueKit.Images.Codecs;
using RescueKit.Model;

namespace RescueKit.Engine;

public enum BadSectorPolicy { Fail, Skip }

/// <summary>What a restore does about parts of the disk that the image does not hold any more, or never held: refuse, or zero and record them.</summary>
public enum DamagePolicy { Fail, Skip }

/// <summary>What to do with a dirty or hibernated file system whose map cannot be proven.</summary>
public enum UncleanPolicy { Whole, Used }

/// <summary>What happens to blocks of the target that the image says are free.</summary>
public enum FreePolicy { Keep, Discard, Zero }

/// <summary>image create. Paths are block devices or files; sizes in bytes.</summary>
public sealed record BackupRequest(string Source, string Image)
{
    /// <summary>Partition numbers to take; empty takes all. Tables, boot code and gaps are always taken.</summary>
    public IReadOnlyList<int> Partitions { get; init; } = [];
    /// <summary>Null, here and for the next two: the default, or as an image that is resumed was begun.</summary>
    public CodecKind? Codec { get; init; }
    public int? Level { get; init; }
    public int? ChunkSize { get; init; }
    public bool AllBlocks { get; init; }
    public long? SplitBytes { get; init; }
    public ReadOnlyMemory<byte>? Passphrase { get; init; }
    public BadSectorPolicy OnBadSector { get; init; } = BadSectorPolicy.Fail;
    /// <summary>How long the second pass over bad areas may take; null: no limit.</summary>
    public TimeSpan? BadSectorTime { get; init; }
    public UncleanPolicy Unclean { get; init; } = UncleanPolicy.Whole;
    public bool ExcludeWindowsSwap { get; init; }
    /// <summary>Read the finished image back and verify every chunk.</summary>
    public bool Verify { get; init; }
    /// <summary>Go on with an image that was begun and not completed.</summary>
    public bool Resume { get; init; }
    /// <summary>Bytes per second that the source is read with at most; null for as fast as it goes.</summary>
    public long? RateLimit { get; init; }
    /// <summary>Opens enciphered partitions, so that of them, too, only what is used is taken; not with a snapshot. Null opens none.</summary>
    public Func<IUnlocker>? Unlock { get; init; }
    /// <summary>Takes the snapshot of a disk in use; null for a cold backup.</summary>
    public ISnapshotProvider? Hot { get; init; }
    /// <summary>The applications that are told of the snapshot; null: nobody is.</summary>
    public IWriters? Writers { get; init; }
    /// <summary>What happened before the run and belongs into its plan and receipt, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>image restore. An empty map restores the whole disk; 2:3 puts the image's partition 2 into the target's existing partition 3.</summary>
public sealed record RestoreRequest(string Image, string Target)
{
    public IReadOnlyList<PartitionMapping> Partitions { get; init; } = [];
    public FreePolicy Free { get; init; } = FreePolicy.Keep;
    public DamagePolicy OnDamage { get; init; } = DamagePolicy.Fail;
    /// <summary>Read everything written back from the disk and compare digests.</summary>
    public bool Verify { get; init; }
    /// <summary>The partition that is to reach to the end of a larger disk; null for none.</summary>
    public GrowRequest? Grow { get; init; }
    /// <summary>Gives the target ids of its own; null: it has those of the source.</summary>
    public IIdRenewer? NewIds { get; init; }
    /// <summary>How file systems are shrunk where the target is too small; null: it is refused then.</summary>
    public ShrinkRequest? Shrink { get; init; }
    public Func<ReadOnlyMemory<byte>>? Passphrase { get; init; }
}

public readonly record struct PartitionMapping(int From, int To);

public sealed record CloneRequest(string Source, string Target)
{
    public bool AllBlocks { get; init; }
    public BadSectorPolicy OnBadSector { get; init; } = BadSectorPolicy.Fail;
    public TimeSpan? BadSectorTime { get; init; }
    public UncleanPolicy Unclean { get; init; } = UncleanPolicy.Whole;
    public bool ExcludeWindowsSwap { get; init; }
    public FreePolicy Free { get; init; } = FreePolicy.Keep;
    public bool Verify { get; init; }
    /// <summary>Opens enciphered partitions, so that of them, too, only what is used is taken; not with a snapshot. Null opens none.</summary>
    public Func<IUnlocker>? Unlock { get; init; }
    /// <summary>The partition that is to reach to the end of a larger disk; null for none.</summary>
    public GrowRequest? Grow { get; init; }
    /// <summary>Gives the target ids of its own; null: it has those of the source.</summary>
    public IIdRenewer? NewIds { get; init; }
    /// <summary>How file systems are shrunk where the target is too small; null: it is refused then.</summary>
    public ShrinkRequest? Shrink { get; init; }
    /// <summary>Takes the snapshot of a disk in use; null for a disk that is not.</summary>
    public ISnapshotProvider? Hot { get; init; }
    /// <summary>The applications that are told of the snapshot; null: nobody is.</summary>
    public IWriters? Writers { get; init; }
    /// <summary>What happened before the run and belongs into its plan and receipt, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

public sealed record VerifyRequest(string Image)
{
    public Func<ReadOnlyMemory<byte>>? Passphrase { get; init; }
}
