using System.Collections;
using RescueKit.Engine.Inspection;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>What text means; how that looks is the renderer's to know. A word or sign goes with each: there are screens without colours.</summary>
internal enum Tone { Plain, Faint, Strong, Lost, Look, Proven, Chosen }

/// <summary>Text of one tone, made safe for a terminal.</summary>
internal sealed record Piece
{
    public Piece(string? text, Tone tone = Tone.Plain)
    {
        Text = Clean.Text(text);
        Tone = tone;
    }

    public string Text { get; }
    public Tone Tone { get; }

    public static implicit operator Piece(string? text) => new(text);
}

/// <summary>Pieces one after the other.</summary>
internal sealed class Line : IEnumerable<Piece>
{
    private readonly List<Piece> _pieces = [];

    public static Line Empty { get; } = [];
    public string Text => string.Concat(_pieces.Select(p => p.Text));

    public void Add(Piece piece) => _pieces.Add(piece);

    /// <summary>The same text in one tone.</summary>
    public Line In(Tone tone) => [new Piece(Text, tone)];

    public static implicit operator Line(string? text) => [new Piece(text)];

    public IEnumerator<Piece> GetEnumerator() => _pieces.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>A part of a screen, from top to bottom.</summary>
internal abstract record Block;

internal sealed record Space : Block;

/// <summary>Text that is wrapped at words.</summary>
/// <param name="Indent">Columns left free on the left; the screen's own edge is one.</param>
/// <param name="Label">Stands before the first line; the others begin below its end.</param>
internal sealed record Prose(Line Text, int Indent = 0, string Label = "") : Block;

/// <summary>Rows with aligned columns, one screen line each; what does not fit is cut with "…".</summary>
/// <param name="Right">Columns that are aligned at their right end.</param>
/// <param name="Flexible">The column that gives way first.</param>
internal sealed record Listing(IReadOnlyList<Row> Rows, IReadOnlyList<int>? Right = null, int Flexible = 0, int Indent = 0) : Block;

/// <param name="Below">Shown under the row.</param>
internal sealed record Row(IReadOnlyList<Line> Cells, bool Selected = false, bool Enabled = true, IReadOnlyList<Block>? Below = null, bool Marked = true);

/// <summary>A bar that is filled from the left.</summary>
internal sealed record Gauge(double Fraction, Line After, int Width, int Indent = 0) : Block;

/// <summary>A disk's partitions in proportion, with the used part of each.</summary>
internal sealed record DiskMap(DiskDocument Disk, int Indent = 0) : Block;

/// <summary>A line in which text is typed.</summary>
internal sealed record Entry(string Label, TextField Text, bool Focused, int LabelWidth = 0) : Block;

/// <summary>Text in a frame.</summary>
internal sealed record Box(string Title, Tone Tone, IReadOnlyList<Line> Lines) : Block;

/// <summary>A whole screen.</summary>
internal sealed record Content
{
    public required string Title { get; init; }

    /// <summary>At the right end of the title line.</summary>
    public Line Right { get; init; } = Line.Empty;
    public required IReadOnlyList<Block> Body { get; init; }

    /// <summary>Stays in sight below the body, which scrolls.</summary>
    public IReadOnlyList<Block> Pinned { get; init; } = [];

    /// <summary>Lines scrolled down by; null where the selected row decides.</summary>
    public int? Scroll { get; init; }
    public required IReadOnlyList<Hint> Hints { get; init; }
}
