using System.Collections.Immutable;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>One line of a form: text to type, or one of several words to choose.</summary>
/// <param name="Needs">Shown only while this predicate on the form holds.</param>
/// <param name="Note">A word of explanation while it is in focus.</param>
internal sealed record Field(
    string Id, string Label, TextField? Text, ImmutableList<string> Choices, int Chosen = 0, Func<Form, bool>? Needs = null, string? Note = null)
{
    public static Field Typed(string id, string label, string text = "", string? note = null, bool masked = false, Func<Form, bool>? needs = null) =>
        new(id, label, new TextField(text, masked), [], 0, needs, note);

    /// <summary>The first choice is the safe one.</summary>
    public static Field Choice(string id, string label, IEnumerable<string> choices, string? note = null, Func<Form, bool>? needs = null) =>
        new(id, label, null, [.. choices], 0, needs, note);
}

/// <summary>Fields below each other; Tab and arrows go from one to the next, Space, Left and Right choose.</summary>
internal sealed record Form(ImmutableList<Field> Fields, int Focus = 0)
{
    public static Form Of(params Field[] fields) => new([.. fields]);

    public IReadOnlyList<Field> Shown => [.. Fields.Where(f => f.Needs is null || f.Needs(this))];
    public Field? Focused => Shown.Count == 0 ? null : Shown[Math.Clamp(Focus, 0, Shown.Count - 1)];
    public bool TakesText => Focused?.Text is not null;

    public string Text(string id) => Fields.First(f => f.Id == id).Text!.Text;
    public int Choice(string id) => Fields.First(f => f.Id == id).Chosen;

    public Form With(Field field) => this with { Fields = Fields.Replace(Fields.First(f => f.Id == field.Id), field) };

    /// <summary>The same form after a failed passphrase or on leaving: what must not linger is forgotten.</summary>
    public Form WithoutSecrets() => this with { Fields = [.. Fields.Select(f => f.Text is { Masked: true } ? f with { Text = new TextField("", true) } : f)] };

    /// <summary>Null where the message is none of a form's.</summary>
    public Form? Update(Message message)
    {
        if (Focused is not { } field) return null;
        if (message is KeyPressed { Key: var key })
        {
            if (Move(key) is { } to) return this with { Focus = Math.Clamp(to, 0, Shown.Count - 1) };
            if (field.Text is null) return Turn(key) is { } by ? With(field with { Chosen = (field.Chosen + by + field.Choices.Count) % field.Choices.Count }) : null;
        }
        return field.Text?.Update(message) is { } text ? With(field with { Text = text }) : null;
    }

    public IReadOnlyList<Block> Blocks()
    {
        var width = Shown.Count == 0 ? 0 : Shown.Max(f => f.Label.Length) + 2;
        var blocks = new List<Block>();
        foreach (var field in Shown)
        {
            var focused = ReferenceEquals(field, Focused);
            blocks.Add(field.Text is { } text
                ? new Entry(field.Label, text, focused, width + 1)
                : new Listing([new Row([field.Label.PadRight(width) + Words(field, focused)], focused)]));
        }
        if (Focused?.Note is { } note) blocks.AddRange([new Space(), new Prose([new Piece(note, Tone.Faint)], 2)]);
        return blocks;
    }

    private static string Words(Field field, bool focused) => focused && field.Choices.Count > 1
        ? $"◂ {field.Choices[field.Chosen]} ▸"
        : $"  {field.Choices[field.Chosen]}";

    private int? Move(Key key) => key.Code switch
    {
        KeyCode.Down or KeyCode.Tab => Math.Clamp(Focus, 0, Shown.Count - 1) + 1,
        KeyCode.Up or KeyCode.BackTab => Math.Clamp(Focus, 0, Shown.Count - 1) - 1,
        _ => null,
    };

    private static int? Turn(Key key) => key.Code switch
    {
        KeyCode.Right => 1,
        KeyCode.Left => -1,
        KeyCode.Character when key.Is(' ') => 1,
        _ => null,
    };
}
