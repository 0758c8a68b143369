using System.Collections.Concurrent;
using RescueKit.Model;

namespace RescueKit.Disks.Devices;

/// <summary>Aligned buffers for transfers that O_DIRECT does not take as they come. A few are kept; memory stays bounded by threads in flight.</summary>
internal static class BouncePool
{
    public const int BufferSize = 1 << 20;
    private const int MostKept = 4;
    private static readonly ConcurrentBag<AlignedBuffer> s_free = [];

    public static AlignedBuffer Rent() => s_free.TryTake(out var buffer) ? buffer : new AlignedBuffer(BufferSize);

    public static void Return(AlignedBuffer buffer)
    {
        if (s_free.Count < MostKept) s_free.Add(buffer);
        else ((IDisposable)buffer).Dispose();
    }
}
