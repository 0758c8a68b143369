using RescueKit.Model;

namespace RescueKit.Testing.Allocation;

/// <summary>
/// A block source with small changes laid over another one that stays as it is; counts and limits what is read, and can fail a read.
/// Changes are made from one thread before others read.
/// </summary>
public sealed class OverlaySource(IBlockSource below) : IBlockSource
{
    private readonly List<(long Offset, byte[] Bytes)> _patches = [];
    private int _reads;
    private long _readBytes;

    public string Name => below.Name;
    public long Length => below.Length;
    public DiskGeometry Geometry => below.Geometry;

    /// <summary>Reads so far.</summary>
    public int Reads => _reads;

    /// <summary>Bytes read so far.</summary>
    public long ReadBytes => _readBytes;

    /// <summary>The read with this number (from 0) fails, and no other; -1 for none.</summary>
    public int FailingRead { get; set; } = -1;

    /// <summary>Past this many reads or bytes the reader is taken to be running away, and the test fails.</summary>
    public int ReadLimit { get; set; } = int.MaxValue;
    public long ReadBytesLimit { get; set; } = long.MaxValue;

    public void Patch(long offset, ReadOnlySpan<byte> bytes) => _patches.Add((offset, bytes.ToArray()));

    /// <summary>Makes the same changes to a file that holds what lies below.</summary>
    public void ApplyTo(string path)
    {
        using var file = new FileStream(path, FileMode.Open);
        foreach (var (offset, bytes) in _patches)
        {
            file.Position = offset;
            file.Write(bytes);
        }
    }

    public void Read(long offset, Span<byte> buffer)
    {
        if (offset < 0 || offset > Length - buffer.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"read of {buffer.Length} bytes outside the volume's {Length}");
        var number = Interlocked.Increment(ref _reads) - 1;
        var bytes = Interlocked.Add(ref _readBytes, buffer.Length);
        if (number >= ReadLimit || bytes > ReadBytesLimit) throw new RunawayReaderException($"{number + 1} reads of {bytes} bytes in total");
        if (number == FailingRead) throw new BlockReadException($"{Name}: injected fault", new Extent(offset, buffer.Length));
        below.Read(offset, buffer);
        foreach (var (at, patch) in _patches)
        {
            var from = Math.Max(at, offset);
            var to = Math.Min(at + patch.Length, offset + buffer.Length);
            if (from < to) patch.AsSpan((int)(from - at), (int)(to - from)).CopyTo(buffer[(int)(from - offset)..]);
        }
    }

    public ExtentSet DataIn(Extent window) => ExtentSet.Of(window);

    /// <summary>The source below stays open: many overlays share it.</summary>
    public void Dispose() { }
}

public sealed class RunawayReaderException(string message) : Exception(message);
