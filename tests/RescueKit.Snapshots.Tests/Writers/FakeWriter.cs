using RescueKit.Snapshots.Writers;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>A writer that notes its calls in a log shared with others, and fails or hangs where it is told to.</summary>
internal sealed class FakeWriter(string name, List<string> log) : IWriter
{
    private readonly ManualResetEventSlim _abandoned = new();

    public string Name => name;
    public string Type => "hook";
    public string? Marker => "LSN 1";
    public string? Said => "words";
    public List<WriterFolder> Folders { get; } = [new($"/srv/{name}", "data")];
    public bool IsEverywhere { get; init; }

    /// <summary>"look", "prepare", "freeze", "thaw", "complete".</summary>
    public string? FailsAt { get; init; }
    public string? HangsAt { get; init; }

    /// <summary>Something nobody expects.</summary>
    public Exception? Fault { get; init; }

    public WriterPlaces Look(TimeSpan deadline)
    {
        Step("look", deadline);
        return new WriterPlaces(IsEverywhere ? [] : Folders, IsEverywhere);
    }

    public void Prepare(WriterContext context, TimeSpan deadline) => Step("prepare", deadline);

    public void Freeze(TimeSpan deadline) => Step("freeze", deadline);

    public void Thaw(bool isTaken, TimeSpan deadline) => Step("thaw", deadline, isTaken ? " taken" : "");

    public void Complete(WriterEnding ending, TimeSpan deadline) => Step("complete", deadline, $" {ending.Snapshot} {ending.IsSuccess}");

    public bool IsAbandoned => _abandoned.IsSet;

    public void Abandon() => _abandoned.Set();

    public void Dispose() => Note("dispose");

    private void Step(string step, TimeSpan deadline, string more = "")
    {
        Note(step + more);
        if (HangsAt == step) throw new WriterException(_abandoned.Wait(deadline) ? "was abandoned" : "hung");
        if (FailsAt == step) throw Fault ?? new WriterException("failed");
    }

    private void Note(string what)
    {
        lock (log) log.Add($"{name} {what}");
    }
}
