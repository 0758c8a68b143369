using RescueKit.Agent.Tools;

namespace RescueKit.Agent.Tests.Fakes;

/// <summary>Keeps the command lines that were asked for, and answers as it was told to.</summary>
internal sealed class FakeTools : IToolRunner
{
    private readonly List<(string Begins, Func<ToolCall, ToolOutcome> Answer)> _answers = [];

    public List<ToolCall> Calls { get; } = [];
    public HashSet<string> Present { get; } = [];
    public IEnumerable<string> Lines => Calls.Select(Line);

    public FakeTools On(string begins, string output = "", int exitCode = 0, string error = "") => On(begins, _ => new ToolOutcome(exitCode, output, error));

    public FakeTools On(string begins, Func<ToolCall, ToolOutcome> answer)
    {
        _answers.Add((begins, answer));
        return this;
    }

    public ToolOutcome Run(ToolCall call)
    {
        Calls.Add(call);
        var (_, answer) = _answers.Find(known => Line(call).StartsWith(known.Begins, StringComparison.Ordinal));
        return answer?.Invoke(call) ?? new ToolOutcome(0, "", "");
    }

    public bool Has(string program) => Present.Contains(program);

    private static string Line(ToolCall call) => $"{call.Program} {string.Join(' ', call.Arguments)}";
}
