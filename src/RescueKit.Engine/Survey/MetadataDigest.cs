using System.Security.Cryptography;
using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>
/// SHA-256 over a disk's tables and over the first and last MiB of the disk and of each partition, where boot sectors and superblocks
/// lie. Taken before and after a run it proves that nobody wrote to the disk in between.
/// </summary>
internal sealed class MetadataDigest
{
    private const int Edge = 1 << 20;
    private readonly List<(Extent Piece, ChunkDigest? Digest)> _pieces;

    private MetadataDigest(List<(Extent Piece, ChunkDigest? Digest)> pieces)
    {
        _pieces = pieces;
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
        return new MetadataDigest([.. _pieces.Select(p => (p.Piece, read.GetValueOrDefault(p.Piece)))]);
    }

    private static MetadataDigest Of(IEnumerable<Extent> pieces, IBlockSource disk, CancellationToken cancel)
    {
        using var buffer = new AlignedBuffer(Edge);
        var result = new List<(Extent, ChunkDigest?)>();
        foreach (var piece in pieces)
        {
            cancel.ThrowIfCancellationRequested();
            result.Add((piece, Read(disk, piece, buffer.Span[..(int)piece.Length])));
        }
        return new MetadataDigest(result);
    }

    /// <summary>The first piece that differs; null where all are equal. Pieces that could not be read prove nothing either way.</summary>
    public Extent? FirstDifference(MetadataDigest other)
    {
        for (var i = 0; i < _pieces.Count; i++)
        {
            var (piece, digest) = _pieces[i];
            if (i >= other._pieces.Count || other._pieces[i].Piece != piece) return piece;
            if (digest is not null && other._pieces[i].Digest is { } second && second != digest) return piece;
        }
        return null;
    }

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
