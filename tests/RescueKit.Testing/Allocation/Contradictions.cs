namespace RescueKit.Testing.Allocation;

/// <summary>Where a reader and the real tool disagree: all cases of a run are gathered, so that one run shows every kind.</summary>
public sealed class Contradictions
{
    private const int Shown = 12;

    private readonly List<string> _found = [];

    public void Add(string what) => _found.Add(what);

    /// <summary>Fails with the first of them and the number of all.</summary>
    public void AssertNone() =>
        Assert.True(_found.Count == 0, $"{_found.Count} contradictions:\n{string.Join("\n\n", _found.Take(Shown))}");
}
