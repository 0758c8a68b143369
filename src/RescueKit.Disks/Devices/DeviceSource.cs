using RescueKit.Disks.Interop;
using RescueKit.Disks.Inventory;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>A block device read with O_DIRECT; what is not aligned goes through a pooled buffer in whole sectors.</summary>
/// <param name="origin">Null where the kernel shows nothing about it.</param>
internal class DeviceSource(DeviceHandle device, DiskOrigin? origin) : PosixSource(
    device.File, device.Path, device.Length,
    new DiskGeometry(device.LogicalSectorSize, device.PhysicalSectorSize, origin?.Identity ?? new DiskIdentity("disk")))
{
    public DiskOrigin? Origin { get; } = origin;

    protected DeviceHandle Device { get; } = device;

    public override void Read(long offset, Span<byte> buffer)
    {
        CheckRange(offset, buffer.Length);
        if (IsTransferable(offset, buffer)) PosixIo.Read(File, Name, offset, buffer, Device.IsGone);
        else ReadThroughBuffer(offset, buffer);
    }

    /// <summary>A device cannot tell: everything may be data.</summary>
    public override ExtentSet DataIn(Extent window)
    {
        CheckRange(window.Offset, window.Length);
        return ExtentSet.Of(window);
    }

    /// <summary>O_DIRECT wants offset, length and memory in multiples of the sector.</summary>
    protected unsafe bool IsTransferable(long offset, ReadOnlySpan<byte> buffer)
    {
        if (!Device.IsDirect) return true;
        fixed (byte* start = buffer)
            return ((ulong)offset | (uint)buffer.Length | (ulong)start) % (uint)Device.LogicalSectorSize == 0;
    }

    /// <summary>The whole sectors, at most a pooled buffer's worth, that hold the first bytes of a range.</summary>
    protected Extent SectorsAround(long offset, int length)
    {
        var sector = Device.LogicalSectorSize;
        var start = offset - offset % sector;
        var end = (offset + length + sector - 1) / sector * sector;
        return Extent.FromTo(start, Math.Min(end, start + BouncePool.BufferSize));
    }

    private void ReadThroughBuffer(long offset, Span<byte> buffer)
    {
        var bounce = BouncePool.Rent();
        try
        {
            while (!buffer.IsEmpty)
            {
                var sectors = SectorsAround(offset, buffer.Length);
                var bytes = bounce.Span[..(int)sectors.Length];
                PosixIo.Read(File, Name, sectors.Offset, bytes, Device.IsGone);
                var before = (int)(offset - sectors.Offset);
                var take = Math.Min(buffer.Length, bytes.Length - before);
                bytes.Slice(before, take).CopyTo(buffer);
                buffer = buffer[take..];
                offset += take;
            }
        }
        finally
        {
            BouncePool.Return(bounce);
        }
    }
}
