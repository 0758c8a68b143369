using System.Text;

namespace RescueKit.Tui.Rendering;

internal enum Ink : byte { Default, Red, Yellow, Green }

[Flags]
internal enum Weight : byte { None = 0, Bold = 1, Faint = 2, Reverse = 4 }

/// <summary>One place of the screen.</summary>
/// <param name="Rune">Zero in the right half of a character that takes two places.</param>
internal readonly record struct Cell(Rune Rune, Ink Ink = Ink.Default, Weight Weight = Weight.None)
{
    public static Cell Blank { get; } = new(new Rune(' '));
    public bool IsRightHalf => Rune.Value == 0;
}

/// <summary>A screen full of cells.</summary>
internal sealed class Frame
{
    private readonly Cell[] _cells;

    public Frame(int columns, int rows)
    {
        (Columns, Rows) = (columns, rows);
        _cells = new Cell[columns * rows];
        Array.Fill(_cells, Cell.Blank);
    }

    public int Columns { get; }
    public int Rows { get; }

    public Cell this[int row, int column]
    {
        get => _cells[row * Columns + column];
        set => _cells[row * Columns + column] = value;
    }

    /// <summary>The characters alone, without blanks at the ends of lines.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var row = 0; row < Rows; row++) text.Append(Line(row)).Append('\n');
        return text.ToString();
    }

    public string Line(int row)
    {
        var text = new StringBuilder(Columns);
        for (var column = 0; column < Columns; column++)
        {
            if (!this[row, column].IsRightHalf) text.Append(this[row, column].Rune);
        }
        return text.ToString().TrimEnd();
    }
}
