using System.Security.Cryptography;
using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>
/// SHA-256 over a disk's tables and over the first and last MiB of the disk and of each partition, where boot sectors and superblocks
/// lie; and, where the disk keeps one (a file does), its mark of change. Taken before and after a run it shows whether anybody wrote to
/// the disk in between: anywhere on a file, and at the places that every mounting and most writing touches on a device.
/// </summary>
internal sealed class MetadataDigest
{
    private const int Edge = 1 << 20;
    private readonly List<(Extent Piece, ChunkDigest? Digest)> _pieces;
    private readonly string? _mark;

    /// <param name="mark">What the disk says of its last change; null where it does not tell.</param>
    private MetadataDigest(List<(Extent Piece, ChunkDigest? Digest)> pieces, string? mark)
    {
        (_pieces, _mark) = (pieces, mark);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, digest) in pieces)
        {
            var bytes = digest ?? default;
            hash.AppendData(bytes);
        }
        Total = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Hexadecimal; pieces that could not be read count as zeros.</summary>
    public string Total { get; }

    public static MetadataDigest Of(IBlockSource disk, DiskLayout layout)
    {
        var whole = new Extent(0, disk.Length);
        var areas = layout.Partitions.Select(p => p.Extent.Intersect(whole)).Append(whole).Where(e => !e.IsEmpty)
            .SelectMany(e => new[] { new Extent(e.Offset, Math.Min(Edge, e.Length)), Extent.FromTo(Math.Max(e.Offset, e.End - Edge), e.End) });
        var set = ExtentSet.From(areas).Union(layout.TableAreas.Clip(whole)).AlignOutward(AlignedBuffer.Alignment, disk.Length);
        var pieces = new List<Extent>();
        foreach (var area in set)
        {
            for (var at = area.Offset; at < area.End; at += Edge) pieces.Add(Extent.FromTo(at, Math.Min(area.End, at + Edge)));
        }
        return Of(pieces, disk, default);
    }

    /// <summary>The same pieces once more. What could not be read before is not tried again: each try may hold a dying disk up for minutes.</summary>
    public MetadataDigest Again(IBlockSource disk, CancellationToken cancel)
    {
        var again = Of(_pieces.Where(p => p.Digest is not null).Select(p => p.Piece), disk, cancel);
        var read = again._pieces.ToDictionary(p => p.Piece, p => p.Digest);
        return new MetadataDigest([.. _pieces.Select(p => (p.Piece, read.GetValueOrDefault(p.Piece)))], again._mark);
    }

    private static MetadataDigest Of(IEnumerable<Extent> pieces, IBlockSource disk, CancellationToken cancel)
    {
        var mark = (disk as IChangeWitness)?.ChangeMark;
        using var buffer = new AlignedBuffer(Edge);
        var result = new List<(Extent, ChunkDigest?)>();
        foreach (var piece in pieces)
        {
            cancel.ThrowIfCancellationRequested();
            result.Add((piece, Read(disk, piece, buffer.Span[..(int)piece.Length])));
        }
        return new MetadataDigest(result, mark);
    }

    /// <summary>
    /// Where or by what the two differ, as part of a sentence; null where nothing does. Pieces that could not be read prove nothing either
    /// way.
    /// </summary>
    public string? DifferenceFrom(MetadataDigest other)
    {
        if (FirstDifference(other) is { } piece) return $"at offset {piece.Offset}";
        return _mark is not null && other._mark is not null && _mark != other._mark ? "its size or its time of change is another" : null;
    }

    /// <summary>True where nothing differs and something is known to be the same.</summary>
    public bool IsSameDisk(MetadataDigest other) => DifferenceFrom(other) is null
        && _pieces.Zip(other._pieces).Any(pair => pair.First.Digest is not null && pair.First.Digest == pair.Second.Digest);

    private Extent? FirstDifference(MetadataDigest other)
    {
        for (var i = 0; i < _pieces.Count; i++)
        {
            var (piece, digest) = _pieces[i];
            if (i >= other._pieces.Count || other._pieces[i].Piece != piece) return piece;
            if (digest is not null && other._pieces[i].Digest is { } second && second != digest) return piece;
        }
        return null;
    }

    /// <summary>False where something could be read one time only, so that the totals differ though nobody need have written.</summary>
    public bool IsComparable(MetadataDigest other) =>
        _pieces.Count == other._pieces.Count && _pieces.Zip(other._pieces).All(pair => pair.First.Digest is null == pair.Second.Digest is null);

    private static ChunkDigest? Read(IBlockSource disk, Extent piece, Span<byte> buffer)
    {
        try
        {
            disk.Read(piece.Offset, buffer);
            return ChunkDigest.Of(buffer);
        }
        catch (BlockReadException)
        {
            return null;
        }
    }
}
