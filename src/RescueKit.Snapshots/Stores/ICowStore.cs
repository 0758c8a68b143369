namespace RescueKit.Snapshots.Stores;

/// <summary>Where the old content of blocks goes that are overwritten while a snapshot of their volume lives. Goes with its last user.</summary>
internal interface ICowStore : IDisposable
{
    /// <summary>Device number of what the kernel writes to.</summary>
    string Number { get; }

    /// <summary>In bytes.</summary>
    long Length { get; }

    /// <summary>In words: "memory", "/var/tmp", "/dev/sdc3".</summary>
    string Where { get; }

    /// <summary>
    /// What is copied into it at a time when it is first overwritten, in bytes. Measured by scripts/bench-hot: large chunks cost a disk fewer
    /// requests, but scattered writes fill memory with what nobody overwrote.
    /// </summary>
    int ChunkBytes => Where == "memory" ? 16 << 10 : 64 << 10;

    /// <summary>For another process that goes on with it while this one still has it.</summary>
    StoreHandover Handover();

    /// <summary>Makes it larger; false where it is as large as it may be.</summary>
    bool Grow();
}

/// <summary>How another process finds what this one has open.</summary>
/// <param name="File">Descriptor of the file behind the loop device; -1 for a store that the kernel alone holds.</param>
/// <param name="Loop">Node of the loop device.</param>
/// <param name="VolumeLength">Of the volume that it is for, in bytes.</param>
internal sealed record StoreHandover(int Process, int File, string Loop, string Number, string Where, long Length, long VolumeLength);
