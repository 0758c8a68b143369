using RescueKit.Model;
using RescueKit.Snapshots.Quiescence;
using RescueKit.Snapshots.Writers.Detection;

namespace RescueKit.Snapshots.Writers;

/// <summary>The writers that this machine has configured, and the database servers that run on it. For one snapshot.</summary>
/// <param name="writers">In the order in which they freeze; disposed of with the session.</param>
/// <param name="waits">Called when a moment without writes begins to be waited for.</param>
public sealed class SystemWriters(IReadOnlyList<WriterEntry> writers, QuietOptions quiet, Action? waits = null) : IWriters
{
    public IWriterSession Prepare(IReadOnlyList<LiveVolume> volumes)
    {
        var set = new WriterSet(volumes, writers, new ServerSearch().Find(volumes), quiet) { Waits = waits };
        try
        {
            set.Prepare();
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }
}
