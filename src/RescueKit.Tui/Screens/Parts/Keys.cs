using System.Text;

namespace RescueKit.Tui.Screens.Parts;

internal enum KeyCode
{
    Character, Enter, Escape, Tab, BackTab, Backspace, Delete, Insert, Up, Down, Left, Right, Home, End, PageUp, PageDown,
    F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, Interrupt, Redraw, EraseLine,
}

/// <param name="Rune">Of <see cref="KeyCode.Character"/>.</param>
internal readonly record struct Key(KeyCode Code, Rune Rune = default)
{
    public static Key Of(char c) => new(KeyCode.Character, new Rune(c));

    /// <summary>Letters mean the same in both cases: Caps Lock must not make a function unreachable.</summary>
    public bool Is(char c) => Code == KeyCode.Character && Rune.ToLowerInvariant(Rune) == new Rune(c);
}

/// <summary>What the last line tells of a key.</summary>
internal sealed record Hint(string Keys, string Does);
