using System.Globalization;
using RescueKit.Model;

namespace RescueKit.Agent.Schedules;

/// <summary>The numbers that one part of a calendar expression allows: `*`, `5`, `1,15`, `8..18`, `0/15`, `8..18/2`, and lists of these.</summary>
internal sealed class CalendarField
{
    private readonly bool[] _allowed;
    private readonly int _least;

    private CalendarField(int least, int most) => (_least, _allowed) = (least, new bool[most - least + 1]);

    public IEnumerable<int> Values => Enumerable.Range(_least, _allowed.Length).Where(Allows);

    public bool Allows(int value) => value >= _least && value - _least < _allowed.Length && _allowed[value - _least];

    /// <summary>The least allowed number that is not below a value; null where there is none.</summary>
    public int? From(int value)
    {
        for (var next = Math.Max(value, _least); next - _least < _allowed.Length; next++)
        {
            if (Allows(next)) return next;
        }
        return null;
    }

    public static CalendarField Only(int value, int least, int most)
    {
        var field = new CalendarField(least, most);
        field._allowed[value - least] = true;
        return field;
    }

    /// <param name="what">How the part is called in messages: "hour".</param>
    /// <param name="fromEnd">The numbers count from the end, down to 1, the last: a step without an end goes there, so that 7/1 is the last week.</param>
    /// <exception cref="UsageException">It is no such list, or a number is out of range.</exception>
    public static CalendarField Parse(string text, string what, int least, int most, bool fromEnd = false)
    {
        var field = new CalendarField(least, most);
        if (text == "*")
        {
            Array.Fill(field._allowed, true);
            return field;
        }
        foreach (var piece in text.Split(',')) field.Add(piece, what, most, fromEnd);
        return field;
    }

    private void Add(string piece, string what, int most, bool fromEnd)
    {
        var (range, step) = piece.Split('/') switch
        {
            [var only] => (only, (int?)null),
            [var first, var each] => (first, Number(each, $"step of the {what}", 1, most)),
            _ => throw new UsageException($"'{piece}' is no {what}"),
        };
        if (range.StartsWith('*')) throw new UsageException($"'{piece}' is no {what}", $"a step has a start: {_least}/{step ?? 1}");
        var ends = range.Split("..");
        if (ends.Length > 2) throw new UsageException($"'{piece}' is no {what}");
        var from = Number(ends[0], what, _least, most);
        // A step without an end goes on to the last one there is.
        if (fromEnd && ends.Length == 1)
        {
            for (var value = from; value >= _least; value -= step ?? most) _allowed[value - _least] = true;
            return;
        }
        var to = ends.Length == 2 ? Number(ends[1], what, _least, most) : step is null ? from : most;
        if (to < from) throw new UsageException($"the {what} '{range}' ends before it begins", "write the two parts as a list: a..last,first..b");
        for (var value = from; value <= to; value += step ?? 1) _allowed[value - _least] = true;
    }

    private static int Number(string text, string what, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw new UsageException($"'{text}' is no {what}: a number from {least} to {most}");
}
