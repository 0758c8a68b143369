using RescueKit.Engine.Finishing;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>One partition is made longer: the disk is whole at its old size where that fails.</summary>
internal sealed class GrowthStep : FinalStep
{
    private readonly IDiskGrower _tools;
    private readonly Growth? _growth;

    /// <param name="survey">Of the source.</param>
    /// <param name="layout">The target's when it has been written, and how long the disk is that it was made for.</param>
    /// <exception cref="SafetyException">It cannot be grown.</exception>
    /// <exception cref="UsageException">There is no such partition.</exception>
    public GrowthStep(GrowRequest request, DiskSurvey survey, (DiskLayout Table, long Length) layout, IReadOnlyList<TransferVolume> volumes, TargetAccess access)
    {
        _tools = request.Tools;
        _growth = new GrowthPlanner(layout.Table, volumes, layout.Length).Plan(request.Partition, access.Path, access.Target?.Length, request.HasRoom);
        if (_growth is null) return;
        SafetyChecks.NotSuspended(survey);
        _tools.Check(_growth);
    }

    public override IEnumerable<string> Warnings => _growth switch
    {
        null => ["The partition that is to grow has no room behind it: it stays as it is."],
        { FileSystem: "NTFS" } => [$"Windows will check partition {_growth.Partition} when it starts next: so its file system is marked when it is grown."],
        _ => [],
    };

    /// <summary>The plan's rows with the new length.</summary>
    public override IReadOnlyList<PlanItem> Show(IReadOnlyList<PlanItem> items) =>
        [.. items.Select(item => _growth is not null && item.Number == _growth.Partition ? item with { TargetLength = _growth.Onto.Length } : item)];

    protected override bool IsNeeded => _growth is not null;

    protected override string Doing => $"growing partition {_growth!.Partition}";

    protected override string NotDone => $"Partition {_growth!.Partition} was not grown";

    protected override Aftermath Unfinished => new(
        $"{_growth!.Disk} is complete; only the growing of partition {_growth.Partition} was not finished", "look at it with a partition editor: its file system may be grown at any time");

    protected override IReadOnlyList<string> Do(Action<string> tell, CancellationToken cancel)
    {
        _tools.Grow(_growth!, tell, cancel);
        return [];
    }
}
