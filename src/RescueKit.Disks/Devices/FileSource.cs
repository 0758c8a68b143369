using Microsoft.Win32.SafeHandles;
using RescueKit.Disks.Interop;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>A regular file read as a disk, through the page cache; its holes are known.</summary>
internal class FileSource(SafeFileHandle file, string name, long length) : PosixSource(file, name, length, FileGeometry), IChangeWitness
{
    /// <summary>Extents of one answer of <see cref="DataIn"/>: a file shredded into more than that is cheaper to read than to list.</summary>
    public const int MostExtents = 1 << 16;

    public static readonly DiskGeometry FileGeometry = new(512, 4096, new DiskIdentity("file")) { SectorSizeIsGuess = true };

    /// <summary>
    /// Size and both times that a write moves. The time of modification alone can be set back by anybody (cp -p, touch); the time of change
    /// cannot. Reading moves neither.
    /// </summary>
    public string? ChangeMark => LibC.Stat(File) is { } now
        ? $"{now.Length} {now.ModifiedSeconds}.{now.ModifiedNanoseconds} {now.ChangedSeconds}.{now.ChangedNanoseconds}"
        : null;

    public override void Read(long offset, Span<byte> buffer)
    {
        CheckRange(offset, buffer.Length);
        PosixIo.Read(File, Name, offset, buffer);
    }

    /// <remarks>
    /// SEEK_DATA and SEEK_HOLE move the descriptor's own position, which nothing else uses; their results need no lock. A file system
    /// that knows no holes says that all is data; so does any failure here.
    /// </remarks>
    public override ExtentSet DataIn(Extent window)
    {
        CheckRange(window.Offset, window.Length);
        var found = new ExtentSetBuilder();
        for (var position = window.Offset; position < window.End;)
        {
            var data = LibC.Seek(File, position, LibC.SeekData);
            if (data < 0 && LibC.LastError == Errno.NoDeviceOrAddress) break; // no data up to the end of the file
            if (data >= window.End) break;
            var hole = data < position || found.Count >= MostExtents ? window.End : LibC.Seek(File, data, LibC.SeekHole);
            data = Math.Max(data, position);
            var end = hole <= data ? window.End : Math.Min(hole, window.End);
            found.Add(Extent.FromTo(data, end));
            position = end;
        }
        return found.ToSet();
    }
}
