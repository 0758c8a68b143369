using RescueKit.Model;

namespace RescueKit.Disks.Devices;

internal delegate void WriteAt(long offset, ReadOnlySpan<byte> bytes);

/// <summary>Zeros the plain way, where neither file system nor device offers a faster one that guarantees them.</summary>
internal static class ZeroWriter
{
    private static readonly Lazy<AlignedBuffer> s_zeros = new(() =>
    {
        var zeros = new AlignedBuffer(1 << 20);
        zeros.Span.Clear();
        return zeros;
    });

    public static void Write(Extent extent, WriteAt write)
    {
        ReadOnlySpan<byte> zeros = s_zeros.Value.Span;
        for (var offset = extent.Offset; offset < extent.End; offset += zeros.Length)
            write(offset, zeros[..(int)Math.Min(zeros.Length, extent.End - offset)]);
    }
}
