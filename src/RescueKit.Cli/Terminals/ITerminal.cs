namespace RescueKit.Cli.Terminals;

/// <summary>Where the program meets a person or a pipe.</summary>
internal interface ITerminal
{
    /// <summary>Standard output: results and plans. Failures to write are thrown.</summary>
    TextWriter Out { get; }

    /// <summary>Standard error: errors, prompts, progress. Never throws: a run does not fail because nobody listens.</summary>
    TextWriter Error { get; }

    bool InputIsTerminal { get; }
    bool OutputIsTerminal { get; }
    bool ErrorIsTerminal { get; }

    /// <summary>Columns of the terminal on standard error; 0 where there is none or it cannot be redrawn in place.</summary>
    int ErrorColumns { get; }

    /// <summary>Whether block characters can be shown.</summary>
    bool Unicode { get; }

    /// <summary>Redraws the bottom line of standard error; an empty text clears it.</summary>
    void Redraw(string line);

    /// <summary>Asks on standard error and reads a line from the terminal on standard input; null at end of input.</summary>
    byte[]? Ask(string prompt, bool echo);
}
