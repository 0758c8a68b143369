using System.Globalization;
using System.Text;
using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Service;

/// <summary>Lines of the log as they are printed: each event is one line, whatever names it holds.</summary>
public static class JournalText
{
    /// <param name="forJournal">With the priority of sd-daemon(3), which the journal takes off, and without the time, which it adds.</param>
    public static string Format(LogLine line, bool isProblem, bool forJournal)
    {
        var text = Escape(line.Text);
        return forJournal ? $"<{(isProblem ? 3 : 6)}>{text}" : $"{line.At.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}Z {text}";
    }

    private static string Escape(string text)
    {
        if (!text.Any(IsUnsafe)) return text;
        var escaped = new StringBuilder();
        foreach (var c in text) escaped.Append(IsUnsafe(c) ? $"\\u{(int)c:x4}" : c);
        return escaped.ToString();
    }

    private static bool IsUnsafe(char c) =>
        char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
