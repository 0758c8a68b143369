using System.Text;
using RescueKit.Tui.Screens.Parts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace RescueKit.Tui.Rendering;

/// <summary>Lays a screen out: title, rule, body, rule, keys. Never a line wider than the terminal.</summary>
internal static class PagePainter
{
    public const int FewestColumns = 60;
    public const int FewestRows = 20;

    /// <summary>Title and rule above, rule and keys below.</summary>
    private const int FrameRows = 4;

    /// <param name="busy">What is under way, in words; null where nothing is.</param>
    /// <param name="takesText">Letters go into a field: then help is F1 alone.</param>
    public static Frame Paint(Content content, string? busy, bool takesText, int columns, int rows, bool ascii)
    {
        var frame = new Frame(columns, rows);
        if (columns < FewestColumns || rows < FewestRows)
        {
            var text = $"This terminal has {columns}×{rows}; RescueKit needs {FewestColumns}×{FewestRows}. Make it larger: nothing is lost, and runs go on.";
            Put(frame, 0, [.. BlockDrawing.Draw([new Prose(text.Replace('×', 'x'))], columns).Take(rows)], ascii);
            return frame;
        }
        var pinned = BlockDrawing.Draw(content.Pinned, columns);
        var most = rows - FrameRows - 3;
        if (pinned.Count > most) pinned = pinned[^most..];
        var height = rows - FrameRows - pinned.Count;
        var body = BlockDrawing.Draw(content.Body, columns);
        var top = Top(content, body, height);
        var below = body.Count - top - height;

        Put(frame, 0, [Title(content, columns)], ascii);
        Put(frame, 1, [Rule("", columns)], ascii);
        Put(frame, 2, [.. body.Skip(top).Take(height)], ascii);
        Put(frame, 2 + height, pinned, ascii);
        Put(frame, rows - 2, [Rule(Note(busy, top, below), columns)], ascii);
        Put(frame, rows - 1, [KeyLine.Draw(content.Hints, takesText, columns)], ascii);
        return frame;
    }

    /// <summary>The first line of the body in sight: what was scrolled to, or what shows the chosen row and as much below it as fits.</summary>
    private static int Top(Content content, List<DrawnLine> body, int height)
    {
        var last = Math.Max(0, body.Count - height);
        if (content.Scroll is { } scroll) return Math.Clamp(scroll, 0, last);
        var (first, end) = (body.FindIndex(l => l.Focus), body.FindLastIndex(l => l.Focus));
        return first < 0 ? 0 : Math.Clamp(Math.Min(first, Math.Max(0, end - height + 1)), 0, last);
    }

    private static DrawnLine Title(Content content, int columns)
    {
        var right = DrawnLine.Fit(content.Right, columns / 2);
        var rightWidth = right.Sum(s => s.CellCount());
        var left = DrawnLine.Fit([new Piece(content.Title, Tone.Strong)], columns - rightWidth - 4, pad: true);
        return new DrawnLine([Palette.Segment(" "), .. left, Palette.Segment("  "), .. right]);
    }

    private static DrawnLine Rule(string note, int columns)
    {
        var rule = note.Length == 0 ? new Rule() : new Rule(Markup.Escape(note)) { Justification = Justify.Right };
        rule.Border = BoxBorder.Square;
        return BlockDrawing.Render(rule, columns).First();
    }

    private static string Note(string? busy, int above, int below)
    {
        var more = (above > 0, below > 0) switch
        {
            (true, true) => "more ↑↓",
            (true, false) => "more ↑",
            (false, true) => "more ↓",
            _ => "",
        };
        return string.Join(" · ", new[] { busy is null ? "" : Clean.Text(busy) + "…", more }.Where(t => t.Length > 0));
    }

    private static void Put(Frame frame, int row, List<DrawnLine> lines, bool ascii)
    {
        for (var i = 0; i < lines.Count && row + i < frame.Rows; i++) Put(frame, row + i, lines[i], ascii);
    }

    private static void Put(Frame frame, int row, DrawnLine line, bool ascii)
    {
        var column = 0;
        foreach (var segment in line.Segments.Where(s => !s.IsControlCode && !s.IsLineBreak))
        {
            var (ink, weight) = Palette.Of(segment.Style);
            foreach (var rune in segment.Text.EnumerateRunes())
            {
                var safe = Signs.Safe(rune, ascii);
                var width = Palette.Width(rune.ToString());
                if (width <= 0 && Clean.IsSafe(rune)) continue;
                width = Math.Clamp(width, 1, 2);
                if (column + width > frame.Columns) return;
                frame[row, column] = new Cell(safe, ink, weight);
                if (width == 2) frame[row, column + 1] = new Cell(ascii ? new Rune(' ') : default, ink, weight);
                column += width;
            }
        }
    }
}
