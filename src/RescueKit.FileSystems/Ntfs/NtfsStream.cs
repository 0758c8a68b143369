using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>The content of an attribute, resident or mapped by runs. Grows part by part while an attribute list is followed.</summary>
internal sealed class NtfsStream
{
    private readonly IBlockSource _volume;
    private readonly NtfsBootSector _boot;
    private readonly string _owner;
    private readonly NtfsAttribute _first;
    private readonly List<ClusterRun> _runs = [];

    /// <param name="first">The resident attribute, or the part that begins at cluster 0 and carries the sizes.</param>
    /// <exception cref="MalformedException">Its run list cannot be decoded.</exception>
    public NtfsStream(IBlockSource volume, NtfsBootSector boot, NtfsAttribute first, string owner)
    {
        (_volume, _boot, _first, _owner) = (volume, boot, first, owner);
        DataSize = first.IsResident ? first.Value.Length : first.DataSize;
        InitializedSize = first.IsResident ? DataSize : first.InitializedSize;
        if (!first.IsResident) Append(first);
    }

    public bool IsResident => _first.IsResident;

    /// <summary>Bytes.</summary>
    public long DataSize { get; }

    /// <summary>Bytes up to here were written; behind, the stream reads as zeros whatever its clusters hold.</summary>
    public long InitializedSize { get; }

    public AttributeFlags Flags => _first.Flags;

    public IReadOnlyList<ClusterRun> Runs => _runs;

    /// <summary>True where every byte lies as it is on a cluster of its own: not compressed, sparse or encrypted.</summary>
    public bool IsPlain => (Flags & (AttributeFlags.CompressionMask | AttributeFlags.Sparse | AttributeFlags.Encrypted)) == 0
        && !_runs.Exists(run => run.Lcn == ClusterRun.Hole);

    private long ClusterEnd => _runs.Count == 0 ? 0 : _runs[^1].End;

    /// <summary>Adds the next part of an attribute that is split over MFT records.</summary>
    /// <exception cref="MalformedException">It does not begin where the last one ended.</exception>
    public void Append(NtfsAttribute part)
    {
        if (part.IsResident || part.LowestVcn != ClusterEnd)
            throw new MalformedException($"the parts of {_owner} do not follow each other");
        RunList.Decode(part, _boot.ClusterCount, _runs, _owner);
    }

    /// <summary>To be called when all parts are there.</summary>
    /// <exception cref="MalformedException">The sizes contradict the runs.</exception>
    public void CheckSizes()
    {
        if (IsResident) return;
        if (_first.AllocatedSize != ClusterEnd * _boot.ClusterSize || DataSize < 0 || DataSize > _first.AllocatedSize
            || InitializedSize < 0 || InitializedSize > DataSize)
            throw new MalformedException($"the sizes of {_owner} contradict its run list");
    }

    /// <summary>The stream's clusters on the volume, in bytes of the volume, from the given cluster of the stream on.</summary>
    public ExtentSet Extents(long firstVcn = 0, long endVcn = long.MaxValue)
    {
        var builder = new ExtentSetBuilder(_runs.Count);
        foreach (var run in _runs)
        {
            var start = Math.Max(run.Vcn, firstVcn);
            var end = Math.Min(run.End, endVcn);
            if (run.Lcn == ClusterRun.Hole || start >= end) continue;
            builder.Add((run.Lcn + start - run.Vcn) * _boot.ClusterSize, (end - start) * _boot.ClusterSize);
        }
        return builder.ToSet();
    }

    /// <summary>Fills the buffer; holes and what is not initialised read as zeros.</summary>
    /// <exception cref="MalformedException">The stream ends before, or its bytes do not lie there as they are.</exception>
    /// <exception cref="BlockReadException">Its clusters cannot be read.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        if (offset > DataSize - buffer.Length) throw new MalformedException($"{_owner} ends at {DataSize} bytes");
        if (IsResident)
        {
            _first.Value.Span.Slice((int)offset, buffer.Length).CopyTo(buffer);
            return;
        }
        if ((Flags & (AttributeFlags.CompressionMask | AttributeFlags.Encrypted)) != 0)
            throw new MalformedException($"{_owner} is compressed or encrypted");
        var initialized = (int)Math.Clamp(InitializedSize - offset, 0, buffer.Length);
        buffer[initialized..].Clear();
        buffer = buffer[..initialized];
        for (var i = FirstRunEndingAfter(offset / _boot.ClusterSize); !buffer.IsEmpty; i++)
        {
            if (i >= _runs.Count) throw new MalformedException($"{_owner} has no cluster for byte {offset}");
            var inRun = offset - _runs[i].Vcn * _boot.ClusterSize;
            var piece = buffer[..(int)Math.Min(buffer.Length, _runs[i].Length * _boot.ClusterSize - inRun)];
            if (_runs[i].Lcn == ClusterRun.Hole) piece.Clear();
            else _volume.Read(_runs[i].Lcn * _boot.ClusterSize + inRun, piece);
            offset += piece.Length;
            buffer = buffer[piece.Length..];
        }
    }

    /// <summary>The whole content, refused beyond <paramref name="limit"/> bytes.</summary>
    /// <exception cref="MalformedException">Longer than the limit, or see <see cref="Read"/>.</exception>
    public byte[] ReadAll(int limit)
    {
        if (DataSize > limit) throw new MalformedException($"{_owner} is {DataSize} bytes long, at most {limit} are expected");
        var content = new byte[DataSize];
        Read(0, content);
        return content;
    }

    private int FirstRunEndingAfter(long vcn)
    {
        int low = 0, high = _runs.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_runs[middle].End > vcn) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
