using System.Globalization;
using System.Text;

namespace RescueKit.Tui.Rendering;

/// <summary>What has to be sent to a terminal (ECMA-48 sequences that the Linux console, xterm and VT220 share) to make one frame of another.</summary>
internal static class FrameWriter
{
    /// <summary>Cells that are equal and lie between changed ones are sent again where moving over them would cost more.</summary>
    private const int ShortGap = 6;

    /// <param name="before">What the terminal shows; null where that is not known.</param>
    public static string Changes(Frame? before, Frame after, bool monochrome)
    {
        var text = new StringBuilder();
        if (before is null || before.Columns != after.Columns || before.Rows != after.Rows)
        {
            text.Append("\e[0m\e[2J");
            before = new Frame(after.Columns, after.Rows);
        }
        var pen = (Ink.Default, Weight.None);
        for (var row = 0; row < after.Rows; row++) Row(text, before, after, row, monochrome, ref pen);
        if (pen != (Ink.Default, Weight.None)) text.Append("\e[0m");
        return text.ToString();
    }

    private static void Row(StringBuilder text, Frame before, Frame after, int row, bool monochrome, ref (Ink, Weight) pen)
    {
        var column = 0;
        while (column < after.Columns)
        {
            if (before[row, column] == after[row, column])
            {
                column++;
                continue;
            }
            var (start, end) = (Left(before, after, row, column), column);
            for (var i = column; i < after.Columns && i - end <= ShortGap; i++)
            {
                if (before[row, i] != after[row, i]) end = i;
            }
            text.Append(CultureInfo.InvariantCulture, $"\e[{row + 1};{start + 1}H");
            for (column = start; column <= end || (column < after.Columns && after[row, column].IsRightHalf); column++) Put(text, after[row, column], monochrome, ref pen);
        }
    }

    /// <summary>A character of two places is written whole, and one that is overwritten in its right half is cleared in its left.</summary>
    private static int Left(Frame before, Frame after, int row, int column) =>
        column > 0 && (after[row, column].IsRightHalf || before[row, column].IsRightHalf) ? column - 1 : column;

    private static void Put(StringBuilder text, Cell cell, bool monochrome, ref (Ink, Weight) pen)
    {
        if (cell.IsRightHalf) return;
        var wanted = (monochrome ? Ink.Default : cell.Ink, cell.Weight);
        if (wanted != pen)
        {
            text.Append("\e[0");
            if (cell.Weight.HasFlag(Weight.Bold)) text.Append(";1");
            // Faint is missing on many consoles, and grey on black cannot be read on some: only where there are colours.
            if (cell.Weight.HasFlag(Weight.Faint) && !monochrome) text.Append(";2");
            if (cell.Weight.HasFlag(Weight.Reverse)) text.Append(";7");
            if (wanted.Item1 != Ink.Default) text.Append(wanted.Item1 switch { Ink.Red => ";31", Ink.Green => ";32", _ => ";33" });
            text.Append('m');
            pen = wanted;
        }
        text.Append(cell.Rune);
    }
}
