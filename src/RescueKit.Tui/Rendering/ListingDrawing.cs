using RescueKit.Tui.Screens.Parts;
using Spectre.Console.Rendering;

namespace RescueKit.Tui.Rendering;

/// <summary>Rows with aligned columns.</summary>
internal static class ListingDrawing
{
    private const int Gap = 2;
    private const int Edge = 1;

    /// <summary>Columns give way down to the first of these widths all together before one goes below it.</summary>
    private static readonly int[] Narrower = [22, 14, 6, 0];

    public static IEnumerable<DrawnLine> Draw(Listing listing, int columns)
    {
        var marked = listing.Rows.Any(r => r.Marked);
        var left = listing.Indent + Edge + (marked ? 2 : 0);
        var widths = Widths(listing, columns - left - Edge);
        foreach (var row in listing.Rows)
        {
            var segments = new List<Segment> { Palette.Segment(new string(' ', listing.Indent + Edge)) };
            var cells = new List<Segment>();
            if (marked) cells.Add(Palette.Segment(row.Selected ? "▸ " : "  "));
            cells.AddRange(Cells(row, widths, listing.Right ?? []));
            segments.AddRange(row.Selected ? DrawnLine.Reversed(cells) : cells);
            yield return new DrawnLine(segments, row.Selected);
            foreach (var line in BlockDrawing.Draw(row.Below ?? [], columns)) yield return line with { Focus = row.Selected };
        }
    }

    private static List<Segment> Cells(Row row, int[] widths, IReadOnlyList<int> right)
    {
        var result = new List<Segment>();
        for (var i = 0; i < widths.Length; i++)
        {
            if (widths[i] == 0) continue;
            if (result.Count > 0) result.Add(Palette.Segment(new string(' ', Gap)));
            var cell = i < row.Cells.Count ? row.Cells[i] : Line.Empty;
            result.AddRange(DrawnLine.Fit(row.Enabled ? cell : cell.In(Tone.Faint), widths[i], right.Contains(i), pad: true));
        }
        return result;
    }

    /// <summary>As wide as the widest cell; where all of that does not fit, the flexible column gives way first and the others from the last.</summary>
    private static int[] Widths(Listing listing, int room)
    {
        var count = listing.Rows.Select(r => r.Cells.Count).DefaultIfEmpty(0).Max();
        var widths = new int[count];
        for (var i = 0; i < count; i++) widths[i] = listing.Rows.Max(r => i < r.Cells.Count ? Palette.Width(r.Cells[i].Text) : 0);
        int[] order = [Math.Clamp(listing.Flexible, 0, Math.Max(0, count - 1)), .. Enumerable.Range(0, count).Reverse()];
        foreach (var narrowest in Narrower)
        {
            foreach (var i in order.Where(i => i < count))
            {
                var over = widths.Sum() + Gap * Math.Max(0, widths.Count(w => w > 0) - 1) - room;
                if (over > 0 && widths[i] > narrowest) widths[i] = Math.Max(narrowest, widths[i] - over);
            }
        }
        return widths;
    }
}
