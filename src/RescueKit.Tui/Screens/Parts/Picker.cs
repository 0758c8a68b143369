namespace RescueKit.Tui.Screens.Parts;

/// <param name="Key">Stays the same while the list around it changes.</param>
/// <param name="Text">What a search looks in.</param>
internal sealed record PickItem(string Key, string Text);

/// <summary>
/// What is chosen in a list, and the search in it. The choice is kept by the item's key: a disk that is plugged in meanwhile must not slip
/// under the cursor.
/// </summary>
internal sealed record Picker(string? Key = null, TextField? Search = null, bool Searching = false)
{
    private const int Page = 10;

    public static Hint Hint { get; } = new("/", "search");

    /// <summary>Those that the search leaves.</summary>
    public IReadOnlyList<T> Visible<T>(IReadOnlyList<T> items, Func<T, PickItem> item) => Search is not { Text: { Length: > 0 } text }
        ? items
        : [.. items.Where(i => Clean.Text(item(i).Text).Contains(text, StringComparison.OrdinalIgnoreCase))];

    /// <summary>The chosen item; the first where none is, or it has gone. Null in an empty list.</summary>
    public T? Chosen<T>(IReadOnlyList<T> items, Func<T, PickItem> item) where T : class
    {
        var visible = Visible(items, item);
        return visible.FirstOrDefault(i => item(i).Key == Key) ?? (visible.Count > 0 ? visible[0] : null);
    }

    /// <summary>Null where the message is none of a list's.</summary>
    public Picker? Update<T>(Message message, IReadOnlyList<T> items, Func<T, PickItem> item) where T : class
    {
        if (Searching)
        {
            if (message is KeyPressed { Key.Code: KeyCode.Escape }) return this with { Searching = false, Search = null };
            if (message is KeyPressed { Key.Code: KeyCode.Enter }) return this with { Searching = false };
            if ((Search ?? new TextField()).Update(message) is { } typed) return this with { Search = typed };
        }
        if (message is not KeyPressed { Key: var key }) return null;
        if (key.Is('/')) return this with { Searching = true, Search = Search ?? new TextField() };
        if (key.Code == KeyCode.Escape && Search is not null) return this with { Search = null };
        var visible = Visible(items, item);
        if (visible.Count == 0) return null;
        var at = Chosen(items, item) is { } chosen ? visible.ToList().IndexOf(chosen) : 0;
        int? to = key.Code switch
        {
            KeyCode.Up => at - 1,
            KeyCode.Down => at + 1,
            KeyCode.PageUp => at - Page,
            KeyCode.PageDown => at + Page,
            KeyCode.Home => 0,
            KeyCode.End => visible.Count - 1,
            _ => null,
        };
        return to is { } index ? this with { Key = item(visible[Math.Clamp(index, 0, visible.Count - 1)]).Key } : null;
    }

    /// <summary>The search line, while there is a search.</summary>
    public IReadOnlyList<Block> SearchLine => Search is null ? [] : [new Entry("/", Search, Searching)];
}
