using RescueKit.Tui.Screens.Parts;
using Spectre.Console.Rendering;

namespace RescueKit.Tui.Rendering;

/// <summary>The last line: which keys work. Where not all fit, the first, help and the way back stay; help lists all.</summary>
internal static class KeyLine
{
    public static DrawnLine Draw(IReadOnlyList<Hint> hints, bool takesText, int columns)
    {
        var help = new Hint(takesText ? "F1" : "?", "help");
        List<Hint> shown = hints.Count == 0 ? [help] : [.. hints.Take(hints.Count - 1), help, hints[^1]];
        var gap = 3;
        if (Width(shown, gap) > columns - 2) gap = 2;
        while (shown.Count > 2 && Width(shown, gap) > columns - 2) shown.RemoveAt(Math.Max(0, shown.Count - 3));
        var segments = new List<Segment>();
        foreach (var hint in shown)
        {
            segments.Add(Palette.Segment(segments.Count == 0 ? " " : new string(' ', gap)));
            segments.Add(Palette.Segment(hint.Keys, Tone.Strong));
            segments.Add(Palette.Segment(" " + hint.Does));
        }
        return new DrawnLine(segments);
    }

    private static int Width(List<Hint> hints, int gap) => hints.Sum(h => Palette.Width(h.Keys) + 1 + Palette.Width(h.Does)) + gap * (hints.Count - 1);
}
