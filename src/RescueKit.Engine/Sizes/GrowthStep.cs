using RescueKit.Disks;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>
/// The last step of a run that has written a whole disk: one partition is made longer. Whatever becomes of it, the disk is whole before it, and
/// whole at its old size where it fails: then the run is complete with losses.
/// </summary>
internal sealed class GrowthStep
{
    private readonly IDiskGrower _tools;
    private readonly Growth? _growth;
    private bool _hasBegun;

    /// <param name="survey">Of the source.</param>
    /// <exception cref="SafetyException">It cannot be grown.</exception>
    /// <exception cref="UsageException">There is no such partition.</exception>
    public GrowthStep(GrowRequest request, DiskSurvey survey, IReadOnlyList<TransferVolume> volumes, TargetAccess access)
    {
        _tools = request.Tools;
        _growth = new GrowthPlanner(survey.Layout, volumes, survey.Disk.Length).Plan(request.Partition, access.Path, access.Target?.Length);
        if (_growth is null) return;
        SafetyChecks.NotSuspended(survey);
        _tools.Check(_growth);
    }

    public IEnumerable<string> Warnings => _growth switch
    {
        null => ["The partition that is to grow ends at the end of the disk already: it stays as it is."],
        { FileSystem: "NTFS" } => [$"Windows will check partition {_growth.Partition} when it starts next: so its file system is marked when it is grown."],
        _ => [],
    };

    /// <summary>The plan's rows with the new length.</summary>
    public IReadOnlyList<PlanItem> Show(IReadOnlyList<PlanItem> items) =>
        [.. items.Select(item => _growth is not null && item.Number == _growth.Partition ? item with { TargetLength = _growth.Onto.Length } : item)];

    /// <summary>What a run that was cut off in this step has left; null where it had not come to it.</summary>
    public Aftermath? After => !_hasBegun || _growth is null
        ? null
        : new Aftermath($"{_growth.Disk} is complete; only the growing of partition {_growth.Partition} was not finished", "look at it with a partition editor: its file system may be grown at any time");

    public void Run(TargetAccess access, ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        if (_growth is null) return;
        _hasBegun = true;
        meter.Begin($"growing partition {_growth.Partition}", 0);
        try
        {
            cancel.ThrowIfCancellationRequested();
            if (!draft.Unreadable.IsEmpty) throw new SafetyException("not all of its content could be had");
            access.Release(); // its tools open it themselves
            MustBeTheSame(access);
            _tools.Grow(_growth, meter.Rename, cancel);
        }
        catch (RescueKitException e)
        {
            draft.Skipped.Add($"Partition {_growth.Partition} was not grown, all else is complete: {e.Message}{(e.Remedy is { } remedy ? $" ({remedy})" : "")}.");
        }
    }

    private static void MustBeTheSame(TargetAccess access)
    {
        var now = DiskInventory.Describe(access.Path);
        if (access.ConfirmId is { } id && now.ConfirmId != id) throw new DeviceException($"{access.Path} is another disk now");
    }
}
