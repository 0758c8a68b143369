using RescueKit.Engine.Content;
using RescueKit.Model;

namespace RescueKit.Engine.Reading;

/// <summary>Cuts a disk's content into jobs, in ascending order, one region at a time. Not thread-safe.</summary>
/// <param name="scope">What is wanted; chunks that it touches are taken whole.</param>
internal sealed class JobSource(IDiskContent content, ExtentSet scope, int jobBytes)
{
    private readonly ExtentSet _scope = scope.AlignOutward(content.ChunkSize, content.Length);
    private readonly int _regions = (int)((content.Length + content.RegionBytes - 1) / content.RegionBytes);
    private int _nextRegion;
    private ContentRegion? _region;
    private ExtentSet _data = ExtentSet.Empty;
    private ExtentSet _zeros = ExtentSet.Empty;
    private int _dataIndex;
    private int _zeroIndex;
    private long _position;

    public bool Next(ChunkJob job)
    {
        job.Deferred = false;
        job.Lost = false;
        if (_region is not null && NextOfRegion(job)) return true;
        if (!OpenNextRegion()) return false;
        job.Kind = JobKind.Region;
        job.Region = _region!;
        job.Range = new Extent(_region!.Range.Offset, 0);
        return true;
    }

    private bool NextOfRegion(ChunkJob job)
    {
        var data = _dataIndex < _data.Count ? _data[_dataIndex] : default;
        var zeros = _zeroIndex < _zeros.Count ? _zeros[_zeroIndex] : default;
        if (data.IsEmpty && zeros.IsEmpty) return false;
        job.Region = _region!;
        if (data.IsEmpty || (!zeros.IsEmpty && zeros.Offset < data.Offset))
        {
            job.Kind = JobKind.Zeros;
            job.Range = zeros;
            _zeroIndex++;
            return true;
        }
        // Requests end at multiples of their size, so that a sequence of them stays aligned.
        var start = Math.Max(data.Offset, _position);
        var end = Math.Min(data.End, start - start % jobBytes + jobBytes);
        job.Kind = JobKind.Data;
        job.Range = Extent.FromTo(start, end);
        _position = end;
        if (end == data.End) _dataIndex++;
        return true;
    }

    private bool OpenNextRegion()
    {
        while (_nextRegion < _regions)
        {
            var start = _nextRegion * content.RegionBytes;
            var range = Extent.FromTo(start, Math.Min(content.Length, start + content.RegionBytes));
            if (_scope.Overlaps(range))
            {
                _region = content.Open(_nextRegion++);
                var whole = _scope.Contains(range);
                _data = whole ? _region.DataChunks : _region.DataChunks.Intersect(_scope);
                _zeros = whole ? _region.ZeroChunks : _region.ZeroChunks.Intersect(_scope);
                (_dataIndex, _zeroIndex, _position) = (0, 0, start);
                return true;
            }
            _nextRegion++;
        }
        return false;
    }
}
