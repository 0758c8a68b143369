using System.Collections.Immutable;
using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;

namespace RescueKit.Tui.Screens;

/// <summary>What is known of the machine and the runs, the same for all screens. Null: not yet heard of.</summary>
internal sealed record World
{
    private const int MostLogLines = 2000;

    /// <summary>False until the host has answered, and again when it does not.</summary>
    public bool Connected { get; init; }
    public string? ConnectionProblem { get; init; }
    public DateTimeOffset Now { get; init; }
    public MachineInfo? Machine { get; init; }

    /// <summary>The host's marks when disks, places and images were last asked for.</summary>
    public ChangeMarks? Changes { get; init; }
    public IReadOnlyList<DiskDocument>? Disks { get; init; }
    public IReadOnlyList<Place>? Places { get; init; }
    public IReadOnlyList<Container>? Containers { get; init; }
    public IReadOnlyList<FoundImage>? Images { get; init; }
    public IReadOnlyList<RunState> Runs { get; init; } = [];
    public ImmutableList<LogLine> Log { get; init; } = [];
    public IReadOnlyList<string>? Keyboards { get; init; }
    public IReadOnlyList<NetworkPort>? Network { get; init; }

    public DiskDocument? Disk(string? path) => Disks?.FirstOrDefault(d => d.Path == path);
    public RunState? Run(int id) => Runs.FirstOrDefault(r => r.Id == id);
    public IEnumerable<RunState> Running => Runs.Where(r => r.Stage == RunStage.Running);

    /// <summary>The place that a file lies in: the one with the longest folder above it.</summary>
    public Place? PlaceOf(string path) => Places?
        .Where(p => path == p.Path || path.StartsWith(p.Path.TrimEnd('/') + "/", StringComparison.Ordinal))
        .MaxBy(p => p.Path.Length);

    public World WithLog(IReadOnlyList<LogLine> lines)
    {
        var last = Log.Count == 0 ? long.MinValue : Log[^1].Number;
        var log = Log.AddRange(lines.Where(l => l.Number > last));
        return this with { Log = log.Count > MostLogLines ? log.RemoveRange(0, log.Count - MostLogLines) : log };
    }
}
