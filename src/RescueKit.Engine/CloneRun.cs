using RescueKit.Disks.PartitionTables;
using RescueKit.Engine.Content;
using RescueKit.Engine.Finishing;
using RescueKit.Engine.Hot;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Reading;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Engine.Writing;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>Backup and restore at once, without the image between.</summary>
internal sealed class CloneRun : RunBase
{
    private const long RegionBytes = 256 << 20;
    private const string TwoAlike =
        "Both disks will then carry the same disk id, partition ids and file system UUIDs: a system that sees both may take one for the other, so let it see one, or give the copy ids of its own: --new-ids.";

    private readonly IBlockSource _source;
    private readonly IUnlocker? _unlock;
    private readonly TargetAccess _access;
    private readonly CloneRequest _request;
    private readonly DiskSurvey _survey;
    private readonly MetadataDigest _before;
    private readonly DiskSurvey? _targetSurvey;
    private readonly MetadataDigest? _targetBefore;
    private readonly SurveyedContent _content;
    private readonly ContentSource _contentAsDisk;
    private readonly Transfer _transfer;
    private readonly FinalSteps _finish;
    private TransferExecution? _execution;
    private Action<ReceiptDraft, CancellationToken>? _checkSource;

    /// <param name="source">Owned by the run from now on, as are <paramref name="unlock"/> and <paramref name="access"/>.</param>
    /// <exception cref="SafetyException">The target must not be written to.</exception>
    /// <param name="resized">Partitions that a tool has resized and marked for a check: their maps count.</param>
    public CloneRun(IBlockSource source, TargetAccess access, CloneRequest request, RunResources resources, IReadOnlyList<int>? resized = null, IUnlocker? unlock = null) : base(resources)
    {
        (_source, _unlock, _access, _request) = (source, unlock, access, request);
        SafetyChecks.NotEmpty(source);
        _survey = DiskSurvey.Take(source, new SurveyOptions
        {
            AllBlocks = request.AllBlocks,
            Unclean = request.Unclean,
            ExcludeWindowsSwap = request.ExcludeWindowsSwap,
            Unlock = unlock,
            AcceptUnclean = resized ?? [],
        });
        _before = MetadataDigest.Of(source, _survey.Layout);
        if (source is ReopeningSource reopening) reopening.IsSame = found => _before.IsSameDisk(MetadataDigest.Of(found, _survey.Layout));
        if (access.Target is { } target)
        {
            _targetSurvey = DiskSurvey.Take(target);
            _targetBefore = MetadataDigest.Of(target, _targetSurvey.Layout);
        }
        _content = new SurveyedContent(_survey, ImageLimits.DefaultChunkSize, RegionBytes);
        _contentAsDisk = new ContentSource(_content, source.Geometry);
        IReadOnlyList<TransferVolume> volumes = [.. _survey.Volumes.Select(TransferVolume.Of)];
        var ids = request.NewIds is null ? null : TableIds.Another(_survey.Layout);
        _transfer = new TransferPlanner(source, _survey.Layout, volumes, access.Path, _targetSurvey).WholeDisk(ids);
        _finish = new FinalSteps(request.NewIds, ids, request.Grow, () => _survey, volumes, access);
        Plan = new RunPlan
        {
            Operation = "clone",
            From = PlanItems.Disk(source, _survey.Layout),
            Onto = _targetSurvey is null
                ? new PlanDisk(access.Path, source.Length, null, null, "a new file")
                : PlanItems.Disk(_targetSurvey.Disk, _targetSurvey.Layout) with { Path = access.Path },
            Items = _finish.Show(_transfer.Items),
            Lost = _transfer.Lost,
            Warnings = [.. request.Notes, .. Hot?.Warnings ?? [], .. _survey.Warnings, .. _transfer.Warnings, .. _finish.Warnings, .. request.NewIds is null ? (string[])[TwoAlike] : [], .. access.RoomWarnings(PlanItems.BytesToRead(_survey))],
            ConfirmId = access.ConfirmId,
            BytesToRead = PlanItems.BytesToRead(_survey),
            BytesToWrite = _survey.UsedBytes,
        };
    }

    public override RunPlan Plan { get; }

    private HotSource? Hot => _source as HotSource;

    public override void Dispose()
    {
        _contentAsDisk.Dispose();
        _unlock?.Dispose();
        _source.Dispose();
        _access.Dispose();
    }

    /// <summary>Does all of it as a part of another run.</summary>
    /// <param name="checkSource">Looks, when all has been read and before the target becomes bootable, whether what the source is put together of was written to meanwhile.</param>
    internal void CopyFor(ReceiptDraft draft, ProgressMeter meter, Action<ReceiptDraft, CancellationToken> checkSource, CancellationToken cancel)
    {
        _checkSource = checkSource;
        Perform(draft, meter, cancel);
    }

    internal Aftermath? AfterOf(Exception e) => After(e);

    protected override int? PartitionAt(long position) => _survey.PartitionAt(position);

    protected override void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        draft.PartitionAt = _survey.PartitionAt;
        draft.MetadataBefore = _before.Total;
        SafetyChecks.Unchanged(_before, _source, cancel);
        if (_targetSurvey is not null) SafetyChecks.Unchanged(_targetBefore!, _targetSurvey.Disk, cancel);
        if (_source is ReopeningSource reopening) reopening.Cancel = cancel;
        draft.Hot = Hot?.Record;
        try
        {
            Copy(draft, meter, cancel);
        }
        finally
        {
            draft.Warnings.AddRange(Hot?.Complete(_execution?.IsWhole == true) ?? []);
        }
    }

    protected override Aftermath? After(Exception e)
    {
        var aftermath = _finish.After ?? (_execution is null ? Nothing(e) : _execution.After(e));
        return e is BlockReadException && aftermath is not null && _request.OnBadSector == BadSectorPolicy.Fail && !_execution!.IsWhole
            ? aftermath with { Remedy = "run it again with --on-bad-sector skip, which takes everything that can be read" }
            : aftermath;
    }

    private void Copy(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        var target = _access.Ready(_content.Length);
        SafetyChecks.LargeEnough(target.Name, target.Length, _content.Length);
        // From here on the source is read once: a dying disk may not give the same a second time.
        var kept = new KeptContent(_transfer.Layout.CriticalInSource, _contentAsDisk);
        var seen = _request.Verify ? new PassDigests(_content.ChunkSize, _transfer.Layout.AlteredInSource) : null;
        _execution = new TransferExecution(target, _transfer.Layout, _content, kept.Read, _request.Free, meter, Resources);
        _execution.Write(draft, Plan.BytesToRead, sink =>
        {
            draft.Unreadable = _content.Unreadable = Passes.Run(_content, new RecordingSink(sink, kept, seen), _request.OnBadSector, _request.BadSectorTime, meter, Resources, cancel);
            CheckSource(draft, cancel);
            Hot?.Check(); // before the target becomes bootable
        }, cancel);
        draft.BytesExcluded = _survey.Volumes.Where(v => v.Included).Sum(v => v.ExcludedBytes);
        draft.Warnings.AddRange(_survey.Warnings.Except(draft.Warnings));
        if (_request.Verify) _execution.Verify(draft, Plan.BytesToRead, seen, cancel);
        EndSnapshot(draft); // not before: allocation maps are read from it again
        if (_access.Reread() is { } problem) draft.Warnings.Add(problem);
        _finish.Run(_access, draft, meter, cancel);
    }

    /// <summary>The running system need not carry it any longer.</summary>
    private void EndSnapshot(ReceiptDraft draft)
    {
        if (Hot?.Release() is { } left) draft.Warnings.Add(left);
    }

    private void CheckSource(ReceiptDraft draft, CancellationToken cancel)
    {
        if (_checkSource is not null) _checkSource(draft, cancel);
        else if (SafetyChecks.ChangedMeanwhile(_before, _source, draft, cancel) is { } changed) throw Failures.SourceChanged(_source.Name, changed);
    }
}
