using RescueKit.Disks.PartitionTables;
using RescueKit.Engine.Finishing;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Ids;

/// <summary>Gives what the disk holds ids of its own, as its partition table has had since it was written.</summary>
internal sealed class NewIdsStep : FinalStep
{
    private const string WithoutIt = "leave --new-ids out, and let no system see both disks";

    private readonly IIdRenewer _tools;
    private readonly IdDisk _disk;
    private readonly IReadOnlyList<string> _warnings;

    /// <param name="table">What the partition table gets as it is written: nobody sees two disks with one id.</param>
    /// <param name="survey">Of the source.</param>
    /// <exception cref="SafetyException">Something on the disk cannot have other ids, and what has would not be found by it.</exception>
    public NewIdsStep(IIdRenewer tools, TableIds table, DiskSurvey survey, TargetAccess access)
    {
        _tools = tools;
        SafetyChecks.NotSuspended(survey);
        if (survey.Volumes.FirstOrDefault(v => v.Included && v.Content.IsSetMember) is { } member)
            throw new SafetyException($"{DiskSurvey.NameOf(member.Partition)} is a member of a set ({member.Content.Type}), whose ids are those of all its disks", WithoutIt);
        if (survey.Volumes.FirstOrDefault(v => TransferVolume.Of(v).AnchoredToDiskEnd) is { } anchored)
            throw new SafetyException($"{DiskSurvey.NameOf(anchored.Partition)} ({anchored.Content.Type}) belongs to a disk with a database at its end, which holds ids of its own", WithoutIt);
        if (survey.Volumes.FirstOrDefault(v => v.Included && v.Content.Type == "LVM2 physical volume" && !IsWhole(v.Content.Group, survey)) is { } part)
            throw new SafetyException($"the volume group of {DiskSurvey.NameOf(part.Partition)} lies on other disks, too, or cannot be read", WithoutIt);
        _disk = new IdDisk(
            access.Path, survey.Layout.Kind, survey.Layout.SectorSize, Change(survey.Layout.DiskId, table.Disk),
            [.. survey.Volumes.Select(v => new IdVolume(v.Partition.Number, v.Included ? v.Content.Type : null, v.Content.Uuid, Change(v.Partition.Id, table.Partitions.GetValueOrDefault(v.Partition.Number))))]);
        _warnings = tools.Check(_disk);
    }

    public override IEnumerable<string> Warnings => _warnings;

    private static bool IsWhole(IReadOnlyList<string> group, DiskSurvey survey) =>
        group.Count > 0 && group.All(id => survey.Volumes.Any(v => v.Included && v.Content.Uuid == id));

    private static IdChange? Change(string? from, string? onto) => from is null || onto is null ? null : new IdChange(from, onto);

    protected override string Doing => "changing the ids";

    protected override string NotDone => $"The ids of the file systems on {_disk.Path} were not changed, nor what names those of its partition table";

    protected override Aftermath Unfinished => new($"{_disk.Path} is complete; only the changing of its ids was not finished: it may not start", "run it again, with --new-ids or without");

    protected override IReadOnlyList<string> Do(Action<string> tell, CancellationToken cancel)
    {
        var renewal = _tools.Renew(_disk, tell, cancel);
        IsLeftInUse = renewal.IsLeftInUse;
        return renewal.Complaints;
    }
}
