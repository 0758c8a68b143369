using System.Runtime.ExceptionServices;
using RescueKit.Model;

namespace RescueKit.Images.Verification;

/// <summary>
/// Checks all that an image says against all that it holds: every frame, page, chunk and digest. Needs no disk. Memory: one
/// region's page, and one chunk for each thread.
/// </summary>
public sealed class ImageVerifier(ImageReader reader)
{
    private const int Batch = 16;
    private const int MaxListed = 1000;

    private readonly Lock _lock = new();
    private readonly List<ImageDamage> _damage = [];
    private RegionPage? _page;
    private int _nextRegion;
    private int _nextChunk;
    private long _damageCount;
    private long _damagedBytes;
    private long _verified;
    private long _unreadable;
    private long _pending;

    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>To be called once.</summary>
    /// <param name="progress">Told how many bytes of chunks have been verified so far; from any thread.</param>
    /// <exception cref="DeviceException">The storage is gone; bad sectors of it are damage.</exception>
    public ImageVerification Run(Action<long>? progress, CancellationToken cancel)
    {
        VerifyChunks(progress, cancel);
        foreach (var (part, message, offset) in reader.CheckFrames())
        {
            cancel.ThrowIfCancellationRequested();
            Add(new ImageDamage(message, part, offset, null));
        }
        // Behind the last part of an interrupted image the next one was about to begin.
        foreach (var part in reader.MissingParts.Where(part => reader.IsComplete || part < reader.LastPart)) Add(new ImageDamage($"part {part} is missing", part, null, null));
        return new ImageVerification
        {
            Damage = _damage,
            DamageCount = _damageCount,
            DamagedBytes = _damagedBytes,
            VerifiedBytes = _verified,
            UnreadableBytes = _unreadable,
            PendingChunks = _pending,
            MissingParts = reader.MissingParts,
            IsComplete = reader.IsComplete,
            Repairs = reader.Repairs,
            RootDigest = reader.RootDigest,
        };
    }

    private void VerifyChunks(Action<long>? progress, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (Threads <= 1)
        {
            Work(progress, stop);
            return;
        }
        var workers = Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () => Work(progress, stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        try
        {
            Task.WaitAll(workers, CancellationToken.None);
        }
        catch (AggregateException e)
        {
            cancel.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(e.InnerExceptions.FirstOrDefault(inner => inner is not OperationCanceledException) ?? e);
        }
    }

    private void Work(Action<long>? progress, CancellationTokenSource stop)
    {
        using var buffer = new AlignedBuffer(reader.ChunkSize);
        try
        {
            while (Take() is { } batch)
            {
                for (var i = batch.First; i < batch.End; i++)
                {
                    stop.Token.ThrowIfCancellationRequested();
                    Verify(batch.Page, i, buffer);
                }
                progress?.Invoke(Interlocked.Read(ref _verified));
            }
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }

    private (RegionPage Page, int First, int End)? Take()
    {
        lock (_lock)
        {
            while (_page is null || _nextChunk >= _page.ChunkCount)
            {
                if (_nextRegion >= reader.RegionCount) return null;
                _page = ReadRegion(_nextRegion++);
                _nextChunk = 0;
            }
            var first = _nextChunk;
            _nextChunk = Math.Min(first + Batch, _page.ChunkCount);
            return (_page, first, _nextChunk);
        }
    }

    private RegionPage ReadRegion(int region)
    {
        var page = reader.ReadRegion(region);
        _unreadable += page.Unreadable.TotalLength;
        if (page.IsRebuilt && reader.IsComplete) Add(new ImageDamage($"the page of region {region} and its copy are lost", null, null, page.Range));
        return page;
    }

    private void Verify(RegionPage page, int index, AlignedBuffer buffer)
    {
        var range = page.ChunkRange(index);
        if (page.State(index) == ChunkState.Pending) Interlocked.Increment(ref _pending);
        if (page.State(index) != ChunkState.Data) return;
        try
        {
            reader.ReadChunk(page, index, buffer.Span[..(int)range.Length], checkCrc: true);
            Interlocked.Add(ref _verified, range.Length);
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            var at = page.Location(index);
            Add(new ImageDamage(e.Message, at.Part, at.Offset, range));
        }
    }

    private void Add(ImageDamage damage)
    {
        lock (_lock)
        {
            _damageCount++;
            _damagedBytes += damage.Disk?.Length ?? 0;
            if (_damage.Count < MaxListed) _damage.Add(damage);
        }
    }
}
