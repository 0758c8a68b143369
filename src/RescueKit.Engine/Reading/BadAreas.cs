using RescueKit.Model;

namespace RescueKit.Engine.Reading;

/// <summary>
/// What the first pass over a failing disk leaves for later: a request that failed, and after each further failure a longer stretch
/// behind it, because bad sectors come in clusters and each may hold the disk up for half a minute. Thread-safe.
/// </summary>
internal sealed class BadAreas
{
    private const long FirstStretch = 1 << 20;
    private const long LongestStretch = 64 << 20;

    private readonly Lock _lock = new();
    private long _skipUntil;
    private long _stretch;

    /// <summary>True where a range lies behind failures and is better left for later.</summary>
    public bool ShouldSkip(Extent range)
    {
        lock (_lock) return range.Offset < _skipUntil;
    }

    public void Failed(Extent range)
    {
        lock (_lock)
        {
            // The first failure puts nothing else off: most disks have single bad spots.
            _skipUntil = Math.Max(_skipUntil, range.End + _stretch);
            _stretch = Math.Clamp(_stretch * 2, FirstStretch, LongestStretch);
        }
    }

    public void Succeeded(Extent range)
    {
        lock (_lock)
        {
            if (range.Offset >= _skipUntil) _stretch = 0;
        }
    }
}
