namespace RescueKit.Tui.Terminal;

/// <summary>A screen and a keyboard.</summary>
internal interface ITerminal
{
    /// <summary>Null where it does not tell, as on a serial line.</summary>
    (int Columns, int Rows)? Size { get; }

    /// <summary>Raised, on any thread, when the size may have changed.</summary>
    event Action? Resized;

    /// <summary>Takes the screen: raw input, alternate screen, no cursor.</summary>
    void Enter();

    /// <summary>Gives it back as it was. May be called at any time and more than once.</summary>
    void Leave();

    /// <summary>Bytes that were typed: 0 after the wait, -1 where nothing will come any more.</summary>
    int Read(Span<byte> buffer, TimeSpan wait);

    /// <exception cref="IOException">The terminal has gone.</exception>
    void Write(string text);
}
