using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>A volume's own map, in which the places of volumes inside it are narrowed to what their surveys take.</summary>
internal sealed class NestedMap : IAllocationMap
{
    private readonly IAllocationMap _outer;
    private readonly (NestedPiece Piece, DiskSurvey Survey)[] _pieces;

    public NestedMap(IAllocationMap outer, IReadOnlyList<(NestedVolume Volume, DiskSurvey Survey)> inside)
    {
        _outer = outer;
        _pieces = [.. inside.SelectMany(nested => nested.Volume.Pieces.Select(piece => (piece, nested.Survey))).OrderBy(pair => pair.piece.Place.Offset)];
        UsedBytes = outer.UsedBytes + inside.Sum(nested => nested.Survey.UsedBytes - nested.Volume.Length);
    }

    public long UsedBytes { get; }

    public ExtentSet UsedIn(Extent window)
    {
        var used = _outer.UsedIn(window);
        var narrowed = new ExtentSetBuilder();
        var places = new ExtentSetBuilder();
        foreach (var (piece, survey) in _pieces)
        {
            if (piece.Place.Offset >= window.End) break;
            var wanted = piece.Place.Intersect(window);
            if (wanted.IsEmpty) continue;
            places.Add(wanted);
            var (start, end) = piece.Striping.Around(wanted.Offset - piece.Place.Offset, wanted.End - piece.Place.Offset);
            var addresses = Extent.FromTo(piece.Address + start, Math.Min(piece.End, piece.Address + end));
            foreach (var extent in survey.UsedIn(addresses, again: true))
            {
                var from = piece.Striping.ToColumn(piece.Column, extent.Offset - piece.Address);
                var to = piece.Striping.ToColumn(piece.Column, extent.End - piece.Address);
                narrowed.Add(new Extent(piece.Place.Offset + from, to - from).Intersect(wanted));
            }
        }
        return places.Count == 0 ? used : used.Except(places.ToSet()).Union(narrowed.ToSet());
    }
}
