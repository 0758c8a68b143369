using RescueKit.Tui.Screens.Parts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace RescueKit.Tui.Rendering;

/// <summary>Blocks to lines. Text is wrapped and framed by Spectre.Console; rows, bars and fields are laid out here, a line for each.</summary>
internal static class BlockDrawing
{
    private const int Edge = 1;
    private const int SmallestField = 12;

    public static List<DrawnLine> Draw(IEnumerable<Block> blocks, int columns)
    {
        var lines = new List<DrawnLine>();
        foreach (var block in blocks) lines.AddRange(Draw(block, columns));
        return lines;
    }

    private static IEnumerable<DrawnLine> Draw(Block block, int columns) => block switch
    {
        Space => [DrawnLine.Blank],
        Prose prose => DrawProse(prose, columns),
        Listing listing => ListingDrawing.Draw(listing, columns),
        Gauge gauge => [DrawGauge(gauge, columns)],
        DiskMap map => DiskMapDrawing.Draw(map.Disk, columns, map.Indent + Edge),
        Entry entry => DrawEntry(entry, columns),
        Box box => DrawBox(box, columns),
        _ => throw new ArgumentException($"{block.GetType()} cannot be drawn", nameof(block)),
    };

    public static IEnumerable<DrawnLine> Render(IRenderable renderable, int columns)
    {
        var options = new RenderOptions(new Capabilities(), new Size(columns, 1));
        return Segment.SplitLines(renderable.Render(options, columns)).Select(line => new DrawnLine([.. line]));
    }

    private static IEnumerable<DrawnLine> DrawProse(Prose prose, int columns)
    {
        var edge = new string(' ', prose.Indent + Edge);
        var below = edge + new string(' ', Palette.Width(prose.Label));
        var first = true;
        foreach (var line in Render(Paragraph(prose.Text), columns - below.Length - Edge))
        {
            Segment[] margin = first ? [Palette.Segment(edge), Palette.Segment(prose.Label, Tone.Strong)] : [Palette.Segment(below)];
            yield return new DrawnLine([.. margin, .. line.Segments]);
            first = false;
        }
    }

    private static Paragraph Paragraph(Line text)
    {
        var paragraph = new Paragraph { Overflow = Overflow.Fold };
        foreach (var piece in text) paragraph.Append(piece.Text, Palette.Of(piece.Tone));
        return paragraph;
    }

    private static IEnumerable<DrawnLine> DrawBox(Box box, int columns)
    {
        var rows = box.Lines.SelectMany((line, i) => i == 0 ? new IRenderable[] { Paragraph(line) } : [new Paragraph(" "), Paragraph(line)]);
        var panel = new Panel(new Rows(rows))
        {
            Border = BoxBorder.Square,
            BorderStyle = Palette.Of(box.Tone),
            Header = new PanelHeader($" {Markup.Escape(box.Title)} "),
            Padding = new Padding(1, 0, 1, 0),
            Expand = true,
        };
        return Render(new Padder(panel, new Padding(Edge, 0, Edge, 0)), columns);
    }

    private static DrawnLine DrawGauge(Gauge gauge, int columns)
    {
        var width = Math.Max(1, Math.Min(gauge.Width, columns - gauge.Indent - 2 * Edge - Palette.Width(gauge.After.Text)));
        var full = (int)Math.Clamp(gauge.Fraction * width, 0, width);
        return new DrawnLine(
        [
            Palette.Segment(new string(' ', gauge.Indent + Edge)), Palette.Segment(new string('█', full) + new string('░', width - full)),
            .. DrawnLine.Fit(gauge.After, columns - width - gauge.Indent - 2 * Edge),
        ]);
    }

    /// <summary>The label beside the field, or above it where both do not fit.</summary>
    private static IEnumerable<DrawnLine> DrawEntry(Entry entry, int columns)
    {
        var marker = entry.LabelWidth == 0 ? "" : entry.Focused ? "▸ " : "  ";
        var label = marker + entry.Label.PadRight(Math.Max(0, entry.LabelWidth));
        var room = columns - 2 * Edge - Palette.Width(label) - 1;
        if (room >= SmallestField)
        {
            yield return new DrawnLine([Palette.Segment(new string(' ', Edge) + label + " "), .. Field(entry, room)], entry.Focused);
            yield break;
        }
        foreach (var line in DrawProse(new Prose(label), columns)) yield return line with { Focus = entry.Focused };
        yield return new DrawnLine([Palette.Segment(new string(' ', Edge + 2)), .. Field(entry, columns - 2 * Edge - 2)], entry.Focused);
    }

    /// <summary>The part of the text around the cursor, which is a reversed cell: no console's own cursor is needed.</summary>
    private static List<Segment> Field(Entry entry, int room)
    {
        var runes = Clean.Text(entry.Text.Shown).EnumerateRunes().Select(r => r.ToString()).ToList();
        if (!entry.Focused) return DrawnLine.Fit(string.Concat(runes), room);
        var cursor = Math.Clamp(entry.Text.Cursor, 0, runes.Count);
        var first = 0;
        while (Palette.Width(string.Concat(runes.Skip(first).Take(cursor - first))) + 2 > room && first < cursor) first++;
        var under = cursor < runes.Count ? runes[cursor] : "_";
        var before = string.Concat(runes.Skip(first).Take(cursor - first));
        var left = room - Palette.Width(before) - Palette.Width(under);
        return [Palette.Segment(before), Palette.Segment(under, Tone.Chosen), .. DrawnLine.Fit(string.Concat(runes.Skip(cursor + 1)), left)];
    }
}
