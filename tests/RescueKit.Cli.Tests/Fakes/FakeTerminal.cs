using System.Text;
using RescueKit.Cli.Terminals;

namespace RescueKit.Cli.Tests.Fakes;

/// <summary>Keeps what was printed and gives prepared answers.</summary>
internal sealed class FakeTerminal : ITerminal
{
    private readonly Queue<byte[]?> _answers = new();

    public StringWriter Output { get; } = new() { NewLine = "\n" };
    public StringWriter Errors { get; } = new() { NewLine = "\n" };
    public List<string> Bars { get; } = [];
    public List<(string Prompt, bool Echo)> Asked { get; } = [];

    public TextWriter Out => Output;
    public TextWriter Error => Errors;
    public bool InputIsTerminal { get; set; }
    public bool OutputIsTerminal { get; set; }
    public bool ErrorIsTerminal { get; set; }
    public int ErrorColumns { get; set; }
    public bool Unicode { get; set; }

    public void Redraw(string line) => Bars.Add(line);

    public byte[]? Ask(string prompt, bool echo)
    {
        Asked.Add((prompt, echo));
        return _answers.Dequeue();
    }

    public FakeTerminal Answers(params string?[] answers)
    {
        InputIsTerminal = true;
        foreach (var answer in answers) _answers.Enqueue(answer is null ? null : Encoding.UTF8.GetBytes(answer));
        return this;
    }
}
