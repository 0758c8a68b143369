using System.Collections.Concurrent;
using RescueKit.Model;

namespace RescueKit.Engine.Serving.Nbd;

/// <summary>The buffers that all connections together have, of one size: who wants one when all are in use waits.</summary>
internal sealed class BufferBudget(int count, int size) : IDisposable
{
    private readonly SemaphoreSlim _free = new(count);
    private readonly ConcurrentBag<AlignedBuffer> _spare = [];

    public async ValueTask<AlignedBuffer> TakeAsync(CancellationToken stop)
    {
        await _free.WaitAsync(stop).ConfigureAwait(false);
        return _spare.TryTake(out var buffer) ? buffer : new AlignedBuffer(size);
    }

    public void Return(AlignedBuffer buffer)
    {
        _spare.Add(buffer);
        _free.Release();
    }

    public void Dispose()
    {
        while (_spare.TryTake(out var buffer)) ((IDisposable)buffer).Dispose();
        _free.Dispose();
    }
}
