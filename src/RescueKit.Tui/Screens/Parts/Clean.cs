using System.Globalization;
using System.Text;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>
/// Text from disks, shares and other machines is vouched for by nobody: what could steer a terminal, or turn the reading direction of a
/// plan, becomes a visible sign.
/// </summary>
internal static class Clean
{
    public const char Replacement = '\uFFFD';

    public static string Text(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var clean = true;
        foreach (var rune in text.EnumerateRunes()) clean &= IsSafe(rune);
        if (clean) return text;
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsSafe(rune)) result.Append(rune);
            else result.Append(Replacement);
        }
        return result.ToString();
    }

    public static bool IsSafe(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark);
}
