using RescueKit.Images.Format;

namespace RescueKit.Images.Writing;

/// <summary>Counts what goes into a part, for its trailer.</summary>
internal sealed class PartContents
{
    private long _chunks;
    private long _firstChunk = long.MaxValue;
    private long _lastChunk;
    private int _firstRegion = int.MaxValue;
    private int _lastRegion;

    public void AddChunk(long chunk)
    {
        _chunks++;
        _firstChunk = Math.Min(_firstChunk, chunk);
        _lastChunk = Math.Max(_lastChunk, chunk);
    }

    public void AddRegion(int region)
    {
        _firstRegion = Math.Min(_firstRegion, region);
        _lastRegion = Math.Max(_lastRegion, region);
    }

    public PartTrailerFormat ToTrailer(int part) => new(
        part, part + 1, _chunks, _chunks == 0 ? 0 : _firstChunk, _lastChunk, _firstRegion == int.MaxValue ? 0 : _firstRegion, _lastRegion);
}
