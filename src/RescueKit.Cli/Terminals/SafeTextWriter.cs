using System.Globalization;
using System.Text;
using RescueKit.Model;

namespace RescueKit.Cli.Terminals;

/// <summary>
/// Passes text on with everything that could steer a terminal replaced: labels and names come from disks that nobody vouches for,
/// and an escape sequence in one must not be able to repaint a plan.
/// </summary>
/// <param name="lossy">True: failures of the writer below are swallowed (nobody listens on standard error).</param>
internal sealed class SafeTextWriter(TextWriter below, bool lossy) : TextWriter
{
    private const char Replacement = '\uFFFD';

    public override Encoding Encoding => below.Encoding;

    public static bool IsSafe(char c) =>
        c == '\n' || (!char.IsControl(c) && CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator));

    public override void Write(char value) => Pass(w => w.Write(IsSafe(value) ? value : Replacement));

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        var safe = value.All(IsSafe) ? value : string.Create(value.Length, value, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = IsSafe(text[i]) ? text[i] : Replacement;
        });
        Pass(w => w.Write(safe));
    }

    public override void WriteLine(string? value) => Write(value + "\n");
    public override void WriteLine() => Write("\n");

    public override void Flush() => Pass(w => w.Flush());

    private void Pass(Action<TextWriter> write)
    {
        try
        {
            write(below);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!lossy) throw new DeviceException($"standard output cannot be written: {e.Message}", "look whether the place that it goes to is full", e);
        }
    }
}
