using System.Text;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Rendering;

/// <summary>The signs that the UI uses, and what stands for them where only ASCII can be shown.</summary>
internal static class Signs
{
    private const string Known = "▸◂→←↑↓·…✓≠█▓░─│┌┐└┘┬┴";

    /// <summary>Each below its sign.</summary>
    private const string Ascii = "><><^v-~*###.-|++++++";

    /// <summary>What may go to the terminal in place of any rune: the last of the barriers that keep control characters out.</summary>
    public static Rune Safe(Rune rune, bool ascii)
    {
        if (!Clean.IsSafe(rune)) return new Rune(ascii ? '?' : Clean.Replacement);
        if (!ascii || rune.IsAscii) return rune;
        var at = rune.IsBmp ? Known.IndexOf((char)rune.Value, StringComparison.Ordinal) : -1;
        return new Rune(at < 0 ? '?' : Ascii[at]);
    }

    /// <summary>All of them: what a console's font has to have.</summary>
    public static string All => Known;
}
