using RescueKit.Disks.Interop;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>A block device written with O_DIRECT: what a write returned from has reached the device, and is read back from it.</summary>
internal sealed class DeviceTarget(DeviceHandle device, DiskOrigin? origin) : DeviceSource(device, origin), IBlockTarget
{
    /// <summary>One BLKZEROOUT cannot be interrupted: pieces keep a cancelled run from hanging for minutes.</summary>
    private const long ZeroPiece = 256L << 20;

    private readonly WriteBehind? _behind = device.IsDirect ? null : new WriteBehind(device.File);
    private readonly SyncState _sync = new(device.Path);
    private readonly Lock _partialSectors = new(), _writingAgain = new();
    private long _written;
    private volatile bool _zeroOutRefused;

    public bool UnwrittenIsZero => false;
    public long DurableBytes => _behind?.Durable ?? Interlocked.Read(ref _written);

    public override void Read(long offset, Span<byte> buffer)
    {
        if (!Device.IsDirect) Device.DropCache();
        base.Read(offset, buffer);
    }

    public void Write(long offset, ReadOnlySpan<byte> buffer)
    {
        CheckRange(offset, buffer.Length);
        _sync.ThrowIfFailed();
        if (IsTransferable(offset, buffer)) Put(offset, buffer);
        else WriteThroughBuffer(offset, buffer);
        Interlocked.Add(ref _written, buffer.Length);
        if (_behind?.Wrote(buffer.Length) is int errno and not 0) throw _sync.Fail(errno, Device.IsGone);
    }

    public void WriteZeros(Extent extent)
    {
        CheckRange(extent.Offset, extent.Length);
        _sync.ThrowIfFailed();
        var whole = WholeSectorsIn(extent);
        if (whole.IsEmpty)
        {
            ZeroWriter.Write(extent, Write);
            return;
        }
        ZeroWriter.Write(Extent.FromTo(extent.Offset, whole.Offset), Write);
        for (var offset = whole.Offset; offset < whole.End; offset += ZeroPiece)
            ZeroSectors(new Extent(offset, Math.Min(ZeroPiece, whole.End - offset)));
        ZeroWriter.Write(Extent.FromTo(whole.End, extent.End), Write);
    }

    public bool Discard(Extent extent)
    {
        CheckRange(extent.Offset, extent.Length);
        var whole = WholeSectorsIn(extent);
        if (whole.IsEmpty || LibC.ControlRange(File, LibC.BlkDiscard, whole.Offset, whole.Length)) return true;
        var errno = LibC.LastError;
        return Errno.MeansUnsupported(errno) ? false : throw PosixIo.WriteFailed(Name, whole, errno, Device.IsGone);
    }

    public void Flush()
    {
        _sync.ThrowIfFailed();
        var mark = _behind?.Mark() ?? 0;
        if (LibC.Sync(File) != 0) throw _sync.Fail(LibC.LastError, Device.IsGone);
        _behind?.Synced(mark);
        if (!Device.IsDirect) Device.DropCache();
    }

    /// <summary>Has the kernel read the partition table anew. Null when done, else why not.</summary>
    public unsafe string? RereadTable()
    {
        // EINVAL: a device that cannot have partitions (a loop device set up without them): the kernel has no table to go on with.
        if (LibC.Control(File, LibC.BlkRereadTable, null) == 0 || LibC.LastError == Errno.Invalid) return null;
        return LibC.LastError is var errno && errno == Errno.Busy
            ? $"{Name}: the kernel goes on with the old partition table, since a partition is in use"
            : $"{Name}: the kernel did not read the new partition table: {Errno.Text(errno)}";
    }

    private void ZeroSectors(Extent sectors)
    {
        if (!_zeroOutRefused)
        {
            if (LibC.ControlRange(File, LibC.BlkZeroOut, sectors.Offset, sectors.Length)) return;
            var errno = LibC.LastError;
            if (!Errno.MeansUnsupported(errno)) throw PosixIo.WriteFailed(Name, sectors, errno, Device.IsGone);
            _zeroOutRefused = true;
        }
        ZeroWriter.Write(sectors, Put);
    }

    private void Put(long offset, ReadOnlySpan<byte> bytes)
    {
        try
        {
            PosixIo.Write(File, Name, offset, bytes, Device.IsGone);
        }
        catch (BlockWriteException) when (Device.IsDirect)
        {
            // The kernel joins requests that lie beside each other, and the error of one sector is that of all of them: alone, only its own fails.
            lock (_writingAgain) PosixIo.Write(File, Name, offset, bytes, Device.IsGone);
        }
    }

    private void WriteThroughBuffer(long offset, ReadOnlySpan<byte> buffer)
    {
        var bounce = BouncePool.Rent();
        try
        {
            while (!buffer.IsEmpty)
            {
                var sectors = SectorsAround(offset, buffer.Length);
                var bytes = bounce.Span[..(int)sectors.Length];
                var before = (int)(offset - sectors.Offset);
                var take = Math.Min(buffer.Length, bytes.Length - before);
                if (take == bytes.Length)
                {
                    buffer[..take].CopyTo(bytes);
                    Put(sectors.Offset, bytes);
                }
                else
                {
                    MergeAndPut(sectors.Offset, bytes, before, buffer[..take]);
                }
                buffer = buffer[take..];
                offset += take;
            }
        }
        finally
        {
            BouncePool.Return(bounce);
        }
    }

    /// <summary>One at a time: two writers of the same sector would otherwise undo each other.</summary>
    private void MergeAndPut(long sectorOffset, Span<byte> sectors, int before, ReadOnlySpan<byte> content)
    {
        lock (_partialSectors)
        {
            var edge = Device.LogicalSectorSize;
            PosixIo.Read(File, Name, sectorOffset, sectors[..edge], Device.IsGone);
            if (sectors.Length > edge) PosixIo.Read(File, Name, sectorOffset + sectors.Length - edge, sectors[^edge..], Device.IsGone);
            content.CopyTo(sectors[before..]);
            Put(sectorOffset, sectors);
        }
    }

    private Extent WholeSectorsIn(Extent extent)
    {
        var sector = Device.LogicalSectorSize;
        var start = extent.Offset + (sector - extent.Offset % sector) % sector;
        var end = extent.End - extent.End % sector;
        return end > start ? Extent.FromTo(start, end) : new Extent(extent.Offset, 0);
    }
}
