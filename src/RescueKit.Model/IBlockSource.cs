namespace RescueKit.Model;

/// <summary>Anything readable as a disk or volume: block device, raw file, partition of either, snapshot, image.</summary>
/// <remarks>All members may be called from several threads at once.</remarks>
public interface IBlockSource : IDisposable
{
    /// <summary>How to call it in messages: a path, or a path and a partition.</summary>
    string Name { get; }

    /// <summary>Size in bytes, exact.</summary>
    long Length { get; }

    /// <summary>Sector sizes and identity of the disk.</summary>
    DiskGeometry Geometry { get; }

    /// <summary>
    /// Fills <paramref name="buffer"/> from <paramref name="offset"/>. Any offset and length inside the source is accepted;
    /// offsets, lengths and memory aligned to <see cref="AlignedBuffer.Alignment"/> are the fast case.
    /// </summary>
    /// <exception cref="BlockReadException">Unreadable sectors inside the range.</exception>
    /// <exception cref="DeviceGoneException">The device has vanished.</exception>
    void Read(long offset, Span<byte> buffer);

    /// <summary>
    /// What of <paramref name="window"/> may hold anything but zeros. Everything outside is known to read as zeros without being
    /// read (a hole of a sparse file). A source that cannot tell returns the whole window.
    /// </summary>
    ExtentSet DataIn(Extent window);
}

/// <summary>Anything writable as a disk.</summary>
public interface IBlockTarget : IBlockSource
{
    /// <exception cref="BlockWriteException">What the range holds now is unknown.</exception>
    /// <exception cref="NoSpaceException">The file system below a file target is full.</exception>
    void Write(long offset, ReadOnlySpan<byte> buffer);

    /// <summary>Afterwards the range reads as zeros, by whatever means the target has that guarantee it.</summary>
    void WriteZeros(Extent extent);

    /// <summary>
    /// Tells the target that the range's content is of no interest. Says nothing about what it reads as afterwards. False where the target has
    /// no such thing: all of it is as it was.
    /// </summary>
    /// <exception cref="BlockWriteException">It has, and failed.</exception>
    bool Discard(Extent extent);

    /// <summary>Returns when everything written so far is on stable storage. A failure is final: it is never retried.</summary>
    void Flush();

    /// <summary>True for a file that this run created: what was never written is known to be zero.</summary>
    bool UnwrittenIsZero { get; }

    /// <summary>Bytes of those written that have reached stable storage so far (not the page cache); for progress.</summary>
    long DurableBytes { get; }
}

/// <summary>Sector sizes in bytes, and what is known of the disk's identity.</summary>
public sealed record DiskGeometry(int LogicalSectorSize, int PhysicalSectorSize, DiskIdentity Identity)
{
    /// <summary>A regular file: it has no sector size of its own, so table readers probe 512 and 4096.</summary>
    public bool SectorSizeIsGuess { get; init; }
}

/// <summary>What tells one disk from another. Strings are trimmed; null where unknown.</summary>
/// <param name="Kind">"disk", "partition", "file", "loop", "device-mapper", "md", "image".</param>
public sealed record DiskIdentity(string Kind, string? Model = null, string? Serial = null, string? Wwn = null, string? Bus = null, string? Port = null);
