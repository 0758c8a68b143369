using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Engine.Content;
using RescueKit.Engine.Finishing;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Reading;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>Puts an image, or some of its partitions, onto a disk.</summary>
internal sealed class RestoreRun : RunBase
{
    private const string TooSmall = "choose a target of at least that size, or have the file systems shrunk by their own tools, where what is in them fits: --shrink";
    private const string TakeTheRest = "use another copy of the image, or take what this one still holds: --on-damage skip";

    private readonly ImageReader _image;
    private readonly TargetAccess _access;
    private readonly RestoreRequest _request;
    private readonly ImageContent _content;
    private readonly ImageLosses? _losses;
    private readonly ContentSource _contentAsDisk;
    private readonly DiskLayout _layout;
    private readonly Transfer _transfer;
    private readonly FinalSteps _finish;
    private readonly DiskSurvey? _targetSurvey;
    private readonly MetadataDigest? _targetBefore;
    private TransferExecution? _execution;

    /// <param name="image">Owned by the run from now on, as is <paramref name="access"/>.</param>
    /// <exception cref="ImageException">
    /// The image cannot be restored in full, and that was not asked for: incomplete, damaged, or a part is missing.
    /// </exception>
    /// <exception cref="SafetyException">The target must not be written to.</exception>
    public RestoreRun(ImageReader image, TargetAccess access, RestoreRequest request, RunResources resources) : base(resources)
    {
        (_image, _access, _request) = (image, access, request);
        if (request.Grow is not null && request.Partitions.Count > 0)
            throw new UsageException("a partition that is restored by itself keeps its length", "leave --grow out, or restore the whole disk");
        if (request.NewIds is not null && request.Partitions.Count > 0)
            throw new UsageException("a partition that is restored by itself keeps its ids", "leave --new-ids out, or restore the whole disk");
        if (request.OnDamage == DamagePolicy.Skip) _losses = new ImageLosses(image.Description.TableAreas);
        _content = new ImageContent(image, request.Image, _losses);
        var (unreadable, toWrite) = CheckIndex();
        Unreadable = unreadable;
        var disk = image.Description.Disk;
        _contentAsDisk = new ContentSource(
            _content, new DiskGeometry(disk.LogicalSectorSize, disk.PhysicalSectorSize, new DiskIdentity("image", disk.Model, disk.Serial))
            {
                SectorSizeIsGuess = disk.SectorSizeIsGuess == true,
            });
        _layout = PartitionTableReader.Read(_contentAsDisk);
        if (access.Target is { } target)
        {
            _targetSurvey = DiskSurvey.Take(target);
            _targetBefore = MetadataDigest.Of(target, _targetSurvey.Layout);
        }
        IReadOnlyList<TransferVolume> volumes = [.. image.Description.Volumes.Select(TransferVolume.Of)];
        var planner = new TransferPlanner(_contentAsDisk, _layout, volumes, access.Path, _targetSurvey, DiskInventory.StartOf(access.Path));
        var ids = request.NewIds is null ? null : TableIds.Another(_layout);
        _transfer = request.Partitions.Count == 0 ? planner.WholeDisk(ids, TooSmall) : planner.Partitions(request.Partitions);
        _finish = new FinalSteps(request.NewIds, ids, request.Grow, () => DiskSurvey.Take(_contentAsDisk), volumes, access);
        var bytes = request.Partitions.Count == 0 ? toWrite : _transfer.Items.Sum(i => i.Bytes);
        Plan = new RunPlan
        {
            Operation = "restore",
            From = PlanItems.Disk(_contentAsDisk, _layout),
            Onto = _targetSurvey is null
                ? new PlanDisk(access.Path, disk.Length, null, null, "a new file")
                : PlanItems.Disk(_targetSurvey.Disk, _targetSurvey.Layout) with { Path = access.Path },
            Items = _finish.Show(_transfer.Items),
            Lost = _transfer.Lost,
            Warnings =
            [
                .. image.Repairs, .. image.LeftOut, .. _layout.Warnings.Select(w => $"In the image: {w}"), .. KnownLosses(), .. _transfer.Warnings, .. _finish.Warnings,
                .. access.RoomWarnings(Math.Min(toWrite, (image.Summary?.DataChunks ?? 0) * image.ChunkSize)),
            ],
            ConfirmId = access.ConfirmId,
            BytesToRead = image.Summary?.StoredBytes ?? 0,
            BytesToWrite = bytes,
        };
    }

    public override RunPlan Plan { get; }

    public override bool IsConfidential => _image.IsEncrypted;

    private ExtentSet Unreadable { get; }

    public override void Dispose()
    {
        _contentAsDisk.Dispose();
        _image.Dispose();
        _access.Dispose();
    }

    protected override int? PartitionAt(long position) =>
        _layout.Partitions.FirstOrDefault(p => p.Extent.Contains(position))?.Number;

    protected override void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        draft.ImageId = _image.ImageId;
        if (_image.IsComplete) draft.RootDigest = _image.RootDigest.ToString();
        draft.PartitionAt = PartitionAt;
        draft.BytesExcluded = _image.Summary?.ExcludedBytes ?? 0;
        if (_targetSurvey is not null) SafetyChecks.Unchanged(_targetBefore!, _targetSurvey.Disk, cancel);
        var target = _access.Ready(_content.Length);
        SafetyChecks.LargeEnough(target.Name, target.Length, _request.Partitions.Count == 0 ? _content.Length : 0);
        _execution = new TransferExecution(target, _transfer.Layout, _content, _contentAsDisk.Read, _request.Free, meter, Resources);
        _execution.Write(draft, Plan.BytesToWrite,
            sink => new FirstPass(_content, sink, badAreas: null, meter, Resources).Run(_transfer.Layout.Scope, cancel), cancel);
        draft.Unreadable = Unreadable.Intersect(_transfer.Layout.Scope);
        if (_losses is not null) RecordLosses(draft, _losses.Lost.Intersect(_transfer.Layout.Scope));
        if (_request.Verify) _execution.Verify(draft, Plan.BytesToWrite, seen: null, cancel);
        if (_request.Partitions.Count > 0) return; // no table was written
        draft.Skipped.AddRange(_image.Description.Volumes.Where(v => !v.Included).Select(v => $"Partition {v.Number} is not part of the image."));
        if (_access.Reread() is { } problem) draft.Warnings.Add(problem);
        _finish.Run(_access, draft, meter, cancel);
    }

    protected override Aftermath? After(Exception e)
    {
        var left = _finish.After ?? (_execution is null ? Nothing(e) : _execution.After(e));
        // Run again from its beginning it would meet the same damage.
        return e is ImageDamagedException && left is not null ? left with { Remedy = TakeTheRest } : left;
    }

    private static void RecordLosses(ReceiptDraft draft, ExtentSet lost)
    {
        if (lost.IsEmpty) return;
        draft.Warnings.Add(
            $"{lost.TotalLength} bytes of the disk, in {lost.Count} {(lost.Count == 1 ? "place" : "places")}, could not be had from the image: zeros were written instead.");
        draft.Unreadable = draft.Unreadable.Union(lost);
    }

    /// <summary>What is known to be lost before anything is read.</summary>
    private IEnumerable<string> KnownLosses()
    {
        if (_losses is null) yield break;
        if (_image.MissingParts.Count > 0)
            yield return $"Part {string.Join(", ", _image.MissingParts)} of the image is missing: zeros are written instead of what lies in it.";
        if (_losses.Lost is { IsEmpty: false } lost)
            yield return $"The image does not hold {lost.TotalLength} bytes of the disk, from {lost[0].Offset} on: zeros are written instead.";
    }

    /// <summary>Reads every region's page, so that a damaged index or a missing part is found before the first write.</summary>
    private (ExtentSet Unreadable, long UsedBytes) CheckIndex()
    {
        if (_losses is null) RefuseIncomplete(_image, _request.Image);
        var unreadable = new ExtentSetBuilder();
        var used = 0L;
        for (var i = 0; i < _image.RegionCount; i++)
        {
            var page = _image.ReadRegion(i);
            if (page.IsRebuilt) AcceptUnproven(page);
            _losses?.AddPending(page);
            unreadable.Add(page.Unreadable);
            used += page.Used.TotalLength;
        }
        return (unreadable.ToSet(), used);
    }

    /// <exception cref="ImageException">Not all of it is there.</exception>
    internal static void RefuseIncomplete(ImageReader image, string path)
    {
        if (!image.IsComplete)
        {
            throw new ImageIncompleteException(
                $"{path} was never completed, or its end is lost",
                "complete it first: rescuekit image create … --resume; if its disk is gone, take what it holds: --on-damage skip");
        }
        if (image.MissingParts.Count > 0)
        {
            throw new ImageDamagedException(
                $"{path}: part {string.Join(", ", image.MissingParts)} is missing",
                "put all parts into one folder; if it is lost, take what the others hold: --on-damage skip");
        }
    }

    /// <summary>What was unreadable when it was taken is not known any more: zeros would pass for good data, so none of it counts as good.</summary>
    private void AcceptUnproven(RegionPage page)
    {
        if (_losses is null)
        {
            throw new ImageDamagedException(
                $"{_request.Image}: the index of the disk from {page.Range.Offset} to {page.Range.End} is lost", TakeTheRest);
        }
        _losses.Add(ExtentSet.Of(page.Range));
    }
}
