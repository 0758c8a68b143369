using System.Text;
using RescueKit.Tui.Screens.Parts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace RescueKit.Tui.Rendering;

/// <summary>One line of the screen.</summary>
/// <param name="Focus">Has to be in sight.</param>
internal sealed record DrawnLine(IReadOnlyList<Segment> Segments, bool Focus = false)
{
    public static DrawnLine Blank { get; } = new([]);

    /// <summary>A piece of text cut to a width, with "…" where something is missing; padded to it when asked.</summary>
    public static List<Segment> Fit(Line text, int width, bool right = false, bool pad = false)
    {
        var result = new List<Segment>();
        if (width <= 0) return result;
        var room = width;
        var tooLong = Palette.Width(text.Text) > width;
        if (tooLong) room--;
        foreach (var piece in text)
        {
            var kept = Cut(piece.Text, room);
            room -= Palette.Width(kept);
            if (kept.Length > 0) result.Add(Palette.Segment(kept, piece.Tone));
            if (kept.Length < piece.Text.Length) break;
        }
        if (tooLong) result.Add(Palette.Segment("…"));
        var rest = room;
        if (rest > 0 && right) result.Insert(0, Palette.Segment(new string(' ', rest)));
        else if (rest > 0 && pad) result.Add(Palette.Segment(new string(' ', rest)));
        return result;
    }

    private static string Cut(string text, int width)
    {
        var kept = new StringBuilder(text.Length);
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += Palette.Width(rune.ToString());
            if (used > width) break;
            kept.Append(rune);
        }
        return kept.ToString();
    }

    public static List<Segment> Reversed(IEnumerable<Segment> segments) => [.. segments.Select(s => new Segment(s.Text, Palette.Reversed(s.Style)))];
}
