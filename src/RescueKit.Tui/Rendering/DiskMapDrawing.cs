using System.Text;
using RescueKit.Engine.Inspection;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Rendering;

/// <summary>A disk as a bar: its partitions in proportion, the used part of each filled.</summary>
internal static class DiskMapDrawing
{
    private const int NarrowestPart = 2;

    /// <summary>Unpartitioned space is shown from this share of the disk on.</summary>
    private const double SmallestGap = 0.02;

    private sealed record Part(string Name, long Length, double Used);

    public static IEnumerable<DrawnLine> Draw(DiskDocument disk, int columns, int indent)
    {
        var parts = Parts(disk);
        var room = columns - indent - 1 - (parts.Count + 1);
        if (parts.Count == 0 || disk.Length <= 0 || room < parts.Count * NarrowestPart) return [];
        var widths = Share([.. parts.Select(p => p.Length)], room);
        var (top, middle, bottom) = (new StringBuilder(), new StringBuilder(), new StringBuilder());
        for (var i = 0; i < parts.Count; i++)
        {
            top.Append(i == 0 ? '┌' : '┬').Append(Name(parts[i].Name, widths[i]));
            var used = (int)Math.Round(Math.Clamp(parts[i].Used, 0, 1) * widths[i]);
            if (used == 0 && parts[i].Used > 0) used = 1;
            middle.Append('│').Append('▓', used).Append(parts[i].Used < 0 ? ' ' : '░', widths[i] - used);
            bottom.Append(i == 0 ? '└' : '┴').Append('─', widths[i]);
        }
        var margin = new string(' ', indent);
        return
        [
            new DrawnLine([Palette.Segment($"{margin}{top}┐")]), new DrawnLine([Palette.Segment($"{margin}{middle}│")]),
            new DrawnLine([Palette.Segment($"{margin}{bottom}┘")]),
        ];
    }

    /// <summary>In the order on the disk; a used share below zero marks space that belongs to no partition.</summary>
    private static List<Part> Parts(DiskDocument disk)
    {
        var parts = new List<Part>();
        var at = 0L;
        foreach (var p in disk.Partitions.OrderBy(p => p.Offset))
        {
            AddGap(p.Offset);
            var name = $"{p.Label ?? p.Name ?? p.TypeName} {p.FileSystem}".Trim();
            parts.Add(new Part(Clean.Text(name), p.Length, p.Length > 0 ? (double)(p.UsedBytes ?? 0) / p.Length : 0));
            at = Math.Max(at, p.Offset + p.Length);
        }
        AddGap(disk.Length);
        return parts;

        void AddGap(long until)
        {
            if (until - at > disk.Length * SmallestGap) parts.Add(new Part("free", until - at, -1));
        }
    }

    /// <summary>Shares a width in proportion, none below the narrowest, all of it given away.</summary>
    private static int[] Share(long[] lengths, int room)
    {
        var spare = room - lengths.Length * NarrowestPart;
        var total = Math.Max(1, lengths.Sum(l => (double)l));
        var widths = lengths.Select(l => NarrowestPart + (int)(l / total * spare)).ToArray();
        var largest = Array.IndexOf(lengths, lengths.Max());
        widths[largest] += room - widths.Sum();
        return widths;
    }

    private static string Name(string name, int width)
    {
        var kept = string.Concat(DrawnLine.Fit(name, Palette.Width(name) <= width ? width : width - 1).Select(s => s.Text));
        var left = (width - Palette.Width(kept)) / 2;
        return new string('─', left) + kept + new string('─', width - left - Palette.Width(kept));
    }
}
