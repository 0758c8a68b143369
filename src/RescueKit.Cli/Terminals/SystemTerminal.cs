using System.Text;
using RescueKit.Tui.Terminal;

namespace RescueKit.Cli.Terminals;

/// <summary>The process's own standard streams.</summary>
internal sealed class SystemTerminal : ITerminal
{
    private const int MaxAnswerBytes = 4096;
    private static readonly string[] LocaleVariables = ["LC_ALL", "LC_CTYPE", "LANG"];
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Stream _error;
    private TtySettings? _echoBefore;

    public SystemTerminal()
    {
        Libc.Claim(0);
        var output = Libc.Claim(1) ? Console.OpenStandardOutput() : Stream.Null;
        _error = Libc.Claim(2) ? Console.OpenStandardError() : Stream.Null;
        Out = new SafeTextWriter(new StreamWriter(output, Utf8, 4096), lossy: false);
        Error = new SafeTextWriter(new StreamWriter(_error, Utf8, 1024) { AutoFlush = true }, lossy: true);
    }

    public TextWriter Out { get; }
    public TextWriter Error { get; }
    public bool InputIsTerminal => Tty.IsTerminal(0);
    public bool OutputIsTerminal => Tty.IsTerminal(1);
    public bool ErrorIsTerminal => Tty.IsTerminal(2);
    public int ErrorColumns => ErrorIsTerminal && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb") ? Tty.Size(2)?.Columns ?? 0 : 0;

    public bool Unicode
    {
        get
        {
            var locale = LocaleVariables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(v => !string.IsNullOrEmpty(v)) ?? "";
            return locale.Replace("-", "", StringComparison.Ordinal).Contains("utf8", StringComparison.OrdinalIgnoreCase);
        }
    }

    public void Redraw(string line)
    {
        try
        {
            _error.Write(Utf8.GetBytes($"\r{line}\x1b[K"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The terminal has gone; the run goes on.
        }
    }

    public byte[]? Ask(string prompt, bool echo)
    {
        Out.Flush();
        if (!echo && Tty.Settings(0) is { } settings && Tty.Apply(0, Tty.Silent(settings), dropInput: true)) _echoBefore = settings;
        try
        {
            Error.Write(prompt);
            return ReadLine();
        }
        finally
        {
            RestoreEcho();
            if (!echo) Error.WriteLine();
        }
    }

    /// <summary>Gives the terminal back as it was; also called when a signal ends the program in the middle of a prompt.</summary>
    public void RestoreEcho()
    {
        if (_echoBefore is { } before) Tty.Apply(0, before, dropInput: true);
        _echoBefore = null;
    }

    private static byte[]? ReadLine()
    {
        var line = new List<byte>();
        int value;
        while ((value = Libc.ReadByte(0)) >= 0 && value != '\n')
        {
            if (line.Count < MaxAnswerBytes) line.Add((byte)value);
        }
        return value < 0 && line.Count == 0 ? null : [.. line];
    }
}
