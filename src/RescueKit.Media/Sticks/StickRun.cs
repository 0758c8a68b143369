using RescueKit.Disks;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Media.Sticks;

/// <summary>Writes a stick and reads it back: the clone of a composed disk file (<see cref="StickComposer"/>), told as what it is for.</summary>
public sealed class StickRun : IRun
{
    private const string Operation = "media write";
    private readonly DirectoryInfo _folder;
    private readonly string _iso;
    private readonly IRun _clone;

    private StickRun(string iso, DirectoryInfo folder, IRun clone) => (_iso, _folder, _clone) = (iso, folder, clone);

    public RunPlan Plan => _clone.Plan with
    {
        Operation = Operation,
        From = new PlanDisk(_iso, new FileInfo(_iso).Length, null, null, "rescue medium"),
    };

    public bool IsConfidential => false;

    public Receipt? Receipt => _clone.Receipt is { } receipt ? Told(receipt) : null;

    /// <summary>Composes the stick in a temporary folder and holds the target; nothing of the target is written.</summary>
    /// <exception cref="RescueKitException">The ISO is not ours, or the target is refused, as by a clone.</exception>
    public static StickRun Prepare(StickRequest request)
    {
        if (!File.Exists(request.Iso)) throw new UsageException($"there is no file {request.Iso}", "make one: rescuekit media build OUT.iso");
        var length = Path.Exists(request.Target) ? DiskInventory.Describe(request.Target).Length : 0;
        var folder = Directory.CreateTempSubdirectory("rescuekit-stick-");
        try
        {
            var composed = Path.Combine(folder.FullName, "stick");
            StickComposer.Compose(request.Iso, composed, length > 0 ? length : request.NewFileLength, request.Data);
            return new StickRun(request.Iso, folder, Runs.Clone(new CloneRequest(composed, request.Target) { Verify = true }));
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    public Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel) =>
        Told(_clone.Execute(confirm, progress, cancel));

    public void Dispose()
    {
        _clone.Dispose();
        if (Directory.Exists(_folder.FullName)) _folder.Delete(recursive: true);
    }

    private Receipt Told(Receipt receipt) => receipt with { Operation = Operation, Source = _iso };
}
