using System.Threading.Channels;
using RescueKit.Model;

namespace RescueKit.Engine.Serving;

/// <summary>
/// Sees which requests follow each other and has what comes next loaded meanwhile, by a worker for each processor. Several readers at once
/// are told apart. What cannot be kept up with is left out.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    private const int Streams = 8;

    /// <summary>Requests of one reader arrive in any order when it has several under way.</summary>
    private const long Tolerance = 4 << 20;

    private readonly int _chunkSize;
    private readonly int _depth;
    private readonly long _length;
    private readonly Lock _lock = new();
    private readonly Stream[] _streams = [.. Enumerable.Range(0, Streams).Select(_ => new Stream())];
    private readonly Channel<long> _queue;
    private readonly Task[] _workers;
    private long _time;

    /// <param name="depth">How many chunks ahead of a reader are loaded.</param>
    /// <param name="load">Loads a chunk; must not throw.</param>
    public ReadAhead(int chunkSize, long length, int depth, Action<long> load)
    {
        (_chunkSize, _length, _depth) = (chunkSize, length, depth);
        _queue = Channel.CreateBounded<long>(new BoundedChannelOptions(2 * depth) { FullMode = BoundedChannelFullMode.DropWrite });
        _workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Run(async () =>
        {
            await foreach (var chunk in _queue.Reader.ReadAllAsync().ConfigureAwait(false)) load(chunk);
        }))];
    }

    /// <summary>A range is being read.</summary>
    public void Saw(Extent range)
    {
        if (_depth == 0) return;
        var (first, last) = (0L, -1L);
        lock (_lock)
        {
            _time++;
            if (Follow(range) is not { } stream) return;
            first = Math.Max(stream.Planned + 1, range.End / _chunkSize);
            last = Math.Min(stream.Next / _chunkSize + _depth, (_length - 1) / _chunkSize);
            if (last > stream.Planned) stream.Planned = last;
        }
        for (var chunk = first; chunk <= last; chunk++) _queue.Writer.TryWrite(chunk);
    }

    public void Dispose()
    {
        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out _)) { }
        Task.WaitAll(_workers);
    }

    /// <summary>The stream that a range goes on with; null where it begins one.</summary>
    private Stream? Follow(Extent range)
    {
        var oldest = _streams[0];
        foreach (var stream in _streams)
        {
            if (stream.Seen > 0 && range.Offset <= stream.Next + Tolerance && range.Offset >= stream.Next - Tolerance)
            {
                stream.Next = Math.Max(stream.Next, range.End);
                stream.Seen = _time;
                return stream;
            }
            if (stream.Seen < oldest.Seen) oldest = stream;
        }
        (oldest.Next, oldest.Planned, oldest.Seen) = (range.End, range.End / _chunkSize, _time);
        return null;
    }

    private sealed class Stream
    {
        /// <summary>The highest offset up to which it has read.</summary>
        public long Next { get; set; }

        /// <summary>The last chunk that was asked for ahead.</summary>
        public long Planned { get; set; }

        /// <summary>When it last went on; 0 for a stream that never began.</summary>
        public long Seen { get; set; }
    }
}
