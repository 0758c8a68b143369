using System.Text;
using RescueKit.Tui.Rendering;

namespace RescueKit.Tui.Tests.Terminal;

/// <summary>As much of a terminal as the writer uses; half of a wide character that is overwritten is gone on both sides.</summary>
internal sealed class EmulatedScreen(int columns, int rows)
{
    private Frame _cells = new(columns, rows);
    private int _row, _column;

    public string Text => _cells.ToString();

    public void Show(string output)
    {
        for (var i = 0; i < output.Length; i++)
        {
            if (output[i] != '\e')
            {
                var rune = Rune.GetRuneAt(output, i);
                Put(rune);
                i += rune.Utf16SequenceLength - 1;
                continue;
            }
            if (output[i + 1] != '[')
            {
                i++;
                continue;
            }
            var end = i + 2;
            while (!char.IsAsciiLetter(output[end])) end++;
            if (output[end] == 'J') _cells = new Frame(columns, rows);
            if (output[end] == 'H')
            {
                var place = output[(i + 2)..end].Split(';');
                (_row, _column) = (int.Parse(place[0]) - 1, int.Parse(place[1]) - 1);
            }
            i = end;
        }
    }

    private void Put(Rune rune)
    {
        var wide = rune.Value > 0x3000 && rune.Value != 0xfffd;
        Erase(_column);
        if (wide) Erase(_column + 1);
        _cells[_row, _column] = new Cell(rune);
        if (wide) _cells[_row, _column + 1] = new Cell(default);
        _column += wide ? 2 : 1;
    }

    private void Erase(int column)
    {
        if (_cells[_row, column].IsRightHalf) _cells[_row, column - 1] = Cell.Blank;
        if (column + 1 < columns && _cells[_row, column + 1].IsRightHalf) _cells[_row, column + 1] = Cell.Blank;
        _cells[_row, column] = Cell.Blank;
    }
}
