using RescueKit.Agent.Jobs;

namespace RescueKit.Cli.Json;

/// <summary>What `agent check-config --json` prints.</summary>
internal sealed record ConfigDocument(string Path, bool Ok, IReadOnlyList<ConfigProblem> Problems, IReadOnlyList<ConfigJobDocument> Jobs);

/// <param name="NextRuns">The next three times; fewer where there are no more.</param>
internal sealed record ConfigJobDocument(string Name, int Line, string Source, string Folder, string Schedule, IReadOnlyList<DateTimeOffset> NextRuns);

/// <summary>What `agent backup --no-wait --json` prints.</summary>
internal sealed record JobStartedDocument(string Job, int Number);
