namespace RescueKit.Cli.Output;

/// <summary>Columns padded to their widest cell, two spaces apart. The last column is never padded.</summary>
internal sealed class Table(string indent, params string[] headings)
{
    private readonly List<string[]> _rows = [];
    private readonly HashSet<int> _right = [];

    /// <summary>Aligns these columns (from 0) to the right: numbers.</summary>
    public Table Right(params int[] columns)
    {
        _right.UnionWith(columns);
        return this;
    }

    public void Row(params string?[] cells) => _rows.Add([.. cells.Select(c => string.IsNullOrEmpty(c) ? "-" : c)]);

    public void Write(TextWriter to)
    {
        var all = _rows.Prepend(headings).ToList();
        var widths = Enumerable.Range(0, headings.Length).Select(i => all.Max(row => row[i].Length)).ToArray();
        foreach (var row in all)
        {
            var cells = row.Select((cell, i) => _right.Contains(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            to.WriteLine((indent + string.Join("  ", cells)).TrimEnd());
        }
    }
}
