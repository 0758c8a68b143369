using RescueKit.Tui.Screens.Parts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace RescueKit.Tui.Rendering;

/// <summary>Tones as Spectre's styles, and those as the few colours and weights that every console has.</summary>
internal static class Palette
{
    private static readonly Style Faint = new(decoration: Decoration.Dim);
    private static readonly Style Strong = new(decoration: Decoration.Bold);
    private static readonly Style Lost = new(Color.Red, decoration: Decoration.Bold);
    private static readonly Style Look = new(Color.Yellow);
    private static readonly Style Proven = new(Color.Green);
    private static readonly Style Chosen = new(decoration: Decoration.Invert);

    public static Style Of(Tone tone) => tone switch
    {
        Tone.Faint => Faint,
        Tone.Strong => Strong,
        Tone.Lost => Lost,
        Tone.Look => Look,
        Tone.Proven => Proven,
        Tone.Chosen => Chosen,
        _ => Style.Plain,
    };

    /// <summary>The same in reverse: a chosen row keeps its colours.</summary>
    public static Style Reversed(Style style) => new(style.Foreground, style.Background, style.Decoration | Decoration.Invert);

    public static (Ink Ink, Weight Weight) Of(Style style)
    {
        var ink = style.Foreground.Equals(Color.Red) ? Ink.Red : style.Foreground.Equals(Color.Yellow) ? Ink.Yellow
            : style.Foreground.Equals(Color.Green) ? Ink.Green : Ink.Default;
        var weight = (style.Decoration.HasFlag(Decoration.Bold) ? Weight.Bold : 0) | (style.Decoration.HasFlag(Decoration.Dim) ? Weight.Faint : 0)
            | (style.Decoration.HasFlag(Decoration.Invert) ? Weight.Reverse : 0);
        return (ink, weight);
    }

    public static Segment Segment(string text, Tone tone = Tone.Plain) => new(text, Of(tone));

    /// <summary>Places that text takes on the screen.</summary>
    public static int Width(string text) => new Segment(text).CellCount();
}

/// <summary>What Spectre has to know of the terminal; fixed, so that it asks neither the environment nor the console.</summary>
internal sealed class Capabilities : IReadOnlyCapabilities
{
    public ColorSystem ColorSystem => ColorSystem.Standard;
    public bool Ansi => true;
    public bool Links => false;
    public bool Legacy => false;
    public bool IsTerminal => true;
    public bool Interactive => true;

    /// <summary>True always: what a terminal lacks is replaced cell by cell (<see cref="Signs"/>).</summary>
    public bool Unicode => true;
}
