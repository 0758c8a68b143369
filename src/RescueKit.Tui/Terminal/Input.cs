using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Terminal;

/// <summary>What the terminal sent, decoded.</summary>
internal abstract record Input;

internal sealed record KeyInput(Key Key) : Input;
internal sealed record PasteInput(string Text) : Input;

/// <summary>Where the cursor stands: the answer to the question for the terminal's size.</summary>
internal sealed record SizeInput(int Columns, int Rows) : Input;
