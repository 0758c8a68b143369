using RescueKit.Disks.PartitionTables;
using RescueKit.Engine.Ids;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Sizes;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Finishing;

/// <summary>What is done, as asked for, to a whole disk that a run has written; in the order in which it is done.</summary>
internal sealed class FinalSteps
{
    private readonly List<FinalStep> _steps = [];

    /// <param name="tableIds">What the target's table gets as it is written; set with <paramref name="ids"/>.</param>
    /// <param name="survey">Of the source; asked for where there is something to do.</param>
    /// <param name="layout">The target's when it has been written, and how long the disk is that it was made for; null: as the source's.</param>
    /// <exception cref="SafetyException">It cannot be done.</exception>
    /// <exception cref="UsageException">It makes no sense.</exception>
    public FinalSteps(IIdRenewer? ids, TableIds? tableIds, GrowRequest? grow, Func<DiskSurvey> survey, IReadOnlyList<TransferVolume> volumes, TargetAccess access,
        (DiskLayout Table, long Length)? layout = null)
    {
        if (ids is null && grow is null) return;
        var found = survey();
        // Ids first: two btrfs of one id cannot be told apart where one has to be mounted.
        if (ids is not null) _steps.Add(new NewIdsStep(ids, tableIds!, found, access));
        if (grow is not null) _steps.Add(new GrowthStep(grow, found, layout ?? (found.Layout, found.Disk.Length), volumes, access));
    }

    internal FinalSteps(IEnumerable<FinalStep> steps) => _steps.AddRange(steps);

    public IEnumerable<string> Warnings => _steps.SelectMany(step => step.Warnings);

    /// <summary>What a run that was cut off in one of them has left; null where it had not come to them.</summary>
    public Aftermath? After => _steps.Select(step => step.After).LastOrDefault(after => after is not null);

    public IReadOnlyList<PlanItem> Show(IReadOnlyList<PlanItem> items) => _steps.Aggregate(items, (shown, step) => step.Show(shown));

    /// <summary>Those after one that failed, or left something in use, are not begun: they would change what is not as they think.</summary>
    public void Run(TargetAccess access, ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        string? why = null;
        foreach (var step in _steps)
        {
            if (why is null) why = step.Run(access, draft, meter, cancel);
            else step.LeaveOut(why, draft);
        }
    }
}
