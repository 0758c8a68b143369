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
    private readonly List<(Extent Piece, ChunkDigest? Digest)> _pieces = [];

    private MetadataDigest() { }

    /// <summary>Hexadecimal.</summary>
    public string Total { get; private set; } = "";

    public static MetadataDigest Of(IBlockSource disk, DiskLayout layout)
    {
        var result = new MetadataDigest();
        var whole = new Extent(0, disk.Length);
        var areas = layout.Partitions.Select(p => p.Extent.Intersect(whole)).Append(whole).Where(e => !e.IsEmpty)
            .SelectMany(e => new[] { new Extent(e.Offset, Math.Min(Edge, e.Length)), Extent.FromTo(Math.Max(e.Offset, e.End - Edge), e.End) });
        var set = ExtentSet.From(areas).Union(layout.TableAreas.Clip(whole)).AlignOutward(AlignedBuffer.Alignment, disk.Length);
        using var buffer = new AlignedBuffer(Edge);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var area in set)
        {
            for (var at = area.Offset; at < area.End; at += Edge)
            {
                var piece = Extent.FromTo(at, Math.Min(area.End, at + Edge));
                var digest = Read(disk, piece, buffer.Span[..(int)piece.Length]);
                result._pieces.Add((piece, digest));
                var bytes = digest ?? default;
                hash.AppendData(bytes);
            }
        }
        result.Total = Convert.ToHexStringLower(hash.GetHashAndReset());
        return result;
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
