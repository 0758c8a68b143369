using System.Security.Cryptography;
using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Disks.Stores;
using RescueKit.Engine.Finishing;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Serving;
using RescueKit.Engine.Sizes;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.FileSystems;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>
/// Puts an image or a disk onto one of another size, with partitions elsewhere. On a smaller one the file systems' own tools shrink them first, on views that
/// keep what is written in files of their own; then all is copied as one disk to another. The source is never written to, and the target not before that is done.
/// </summary>
internal sealed class ResizeRun : RunBase
{
    /// <summary>What of the first sector is code; behind it are the disk's id and the table.</summary>
    private const int BootCode = 440;

    /// <summary>Of a view that nobody opens again.</summary>
    private const int IdentityBytes = 16;

    private readonly ResizeSource _source;
    private readonly TargetAccess _access;
    private readonly CloneRequest _request;
    private readonly DiskSurvey _survey;
    private readonly DiskSurvey _targetSurvey;
    private readonly MetadataDigest _targetBefore;
    private readonly ResizePlan _plan;
    private readonly IReadOnlyList<BlockPatch> _tables = [];
    private readonly FinalSteps _finish;
    private readonly List<OverlayDisk> _overlays = [];
    private WorkFolder? _work;
    private CloneRun? _copy;

    /// <param name="source">Owned by the run from now on, as is <paramref name="access"/>.</param>
    /// <exception cref="SafetyException">It does not fit, or the target must not be written to.</exception>
    public ResizeRun(ResizeSource source, TargetAccess access, CloneRequest request, RunResources resources, CancellationToken cancel) : base(resources)
    {
        (_source, _access, _survey) = (source, access, source.Survey);
        if (request.AllBlocks || request.OnBadSector == BadSectorPolicy.Skip)
            throw new UsageException("only a disk of which all can be read, and not all blocks, can be put onto one of another size", "leave --shrink and --grow out, or --all-blocks and --on-bad-sector skip");
        _targetSurvey = DiskSurvey.Take(access.Target!);
        _targetBefore = MetadataDigest.Of(_targetSurvey.Disk, _targetSurvey.Layout);
        var length = _targetSurvey.Disk.Length;
        var planner = new TransferPlanner(Disk, _survey.Layout, source.Volumes, access.Path, _targetSurvey);
        planner.CheckTarget();
        // On a smaller disk nothing grows.
        _request = request with { Grow = length < Disk.Length || request.Grow is null ? null : request.Grow with { HasRoom = true } };
        _plan = _request.Grow is { Partition: { } grown } ? new GrowPlan(source, grown, length) : new ShrinkPlan(source, request.Shrink!.Tools, access.Path, length, cancel);
        var layout = _survey.Layout;
        if (layout.Kind != PartitionTableKind.None) (layout, _tables) = MoveTables(_request.Grow?.Tools ?? (ITableMover)request.Shrink!.Tools);
        _finish = new FinalSteps(request.NewIds, request.NewIds is null ? null : TableIds.Another(_survey.Layout), _request.Grow, () => _survey, source.Volumes, access, (layout, length));
        Plan = MakePlan(planner);
    }

    public override RunPlan Plan { get; }

    public override bool IsConfidential => _source.IsConfidential;

    private IBlockSource Disk => _source.Disk;

    public override void Dispose()
    {
        try
        {
            _copy?.Dispose();
            foreach (var overlay in _overlays) overlay.Dispose();
        }
        finally
        {
            _source.Dispose();
            _access.Dispose();
            _work?.Dispose();
        }
    }

    protected override int? PartitionAt(long position) =>
        _plan.Places.Where(place => place.Value.Contains(position)).Select(place => (int?)place.Key).FirstOrDefault();

    protected override void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        _source.Begin(draft, cancel);
        SafetyChecks.Unchanged(_targetBefore, _targetSurvey.Disk, cancel);
        _work = new WorkFolder(_request.Shrink?.WorkFolder);
        var volumes = _survey.Volumes.ToDictionary(v => v.Partition.Number, IBlockSource (v) => new BlockSourceSlice(Disk, v.Partition.Extent, $"{Disk.Name} partition {v.Partition.Number}"));
        foreach (var volume in _plan.Shrunk) volumes[volume.Partition.Number] = Shrink(volume, volumes[volume.Partition.Number], meter, cancel);
        var disk = new ComposedDisk(
            Disk.Name, _targetSurvey.Disk.Length, Disk.Geometry,
            [.. _plan.Places.Select(place => new DiskPiece(place.Value, volumes[place.Key], 0)), new DiskPiece(_plan.Front, Disk, 0)],
            [.. _tables, .. _survey.Volumes.Where(_plan.IsMoved).SelectMany(v => BootPatches(v, volumes[v.Partition.Number]))]);
        _copy = new CloneRun(disk, _access, _request, Resources,
            [.. _plan.Shrunk.Select(v => v.Partition.Number)]);
        _copy.CopyFor(draft, meter, EndSource, cancel);
    }

    private void EndSource(ReceiptDraft draft, CancellationToken cancel)
    {
        // What was noted is of what was put together, which is nobody's source.
        draft.MetadataBefore = draft.MetadataAfter = null;
        _source.End(draft, cancel);
    }

    protected override Aftermath? After(Exception e) => _copy is null ? Aftermath.NothingWritten : _copy.AfterOf(e);

    private RunPlan MakePlan(TransferPlanner planner) => new()
    {
        Operation = _source.Operation,
        From = PlanItems.Disk(Disk, _survey.Layout) with { Path = _request.Source },
        Onto = PlanItems.Disk(_targetSurvey.Disk, _targetSurvey.Layout) with { Path = _access.Path },
        Items = _finish.Show(_plan.Items),
        Lost = planner.LostWithTheDisk(),
        Warnings = [.. _request.Notes, .. _source.Warnings, .. _survey.Warnings, .. _plan.Warnings, .. planner.Warnings, .. _finish.Warnings, .. WorkWarnings()],
        ConfirmId = _access.ConfirmId,
        BytesToRead = _source.BytesToRead,
        BytesToWrite = _plan.Items.Sum(item => item.Bytes),
    };

    private OverlayDisk Shrink(SurveyedVolume volume, IBlockSource below, ProgressMeter meter, CancellationToken cancel)
    {
        var number = volume.Partition.Number;
        meter.Begin($"shrinking partition {number}", 0);
        cancel.ThrowIfCancellationRequested();
        var overlay = OverlayDisk.Open(below, _work!.File($"partition-{number}"), RandomNumberGenerator.GetBytes(IdentityBytes));
        _overlays.Add(overlay);
        _request.Shrink!.Tools.Shrink(overlay, volume.Content.Type, _plan.Places[number].Length, cancel);
        overlay.Flush();
        return overlay;
    }

    private IEnumerable<BlockPatch> BootPatches(SurveyedVolume volume, IBlockSource content)
    {
        var place = _plan.Places[volume.Partition.Number];
        using var slice = new BlockSourceSlice(content, new Extent(0, place.Length), content.Name);
        return [.. BootSectorRelocation.Patches(slice, volume.Content.Type, place.Offset, _survey.Layout.SectorSize).Select(patch => new BlockPatch(patch.Offset + place.Offset, patch.Bytes))];
    }

    /// <summary>The tables of the target, with the boot code of the source.</summary>
    private (DiskLayout Layout, IReadOnlyList<BlockPatch> Patches) MoveTables(ITableMover tools)
    {
        using var work = new WorkFolder(_request.Shrink?.WorkFolder);
        var (from, onto) = (work.File("table"), work.File("table-of-target"));
        using (var old = BlockDevices.OpenWorkFile(from, Disk.Length, out _))
        {
            foreach (var area in _survey.Layout.TableAreas.Clip(new Extent(0, Disk.Length))) old.Write(area.Offset, Bytes(Disk, area));
            old.Flush();
        }
        BlockDevices.OpenWorkFile(onto, _targetSurvey.Disk.Length, out _).Dispose();
        tools.MoveTable(from, onto, _plan.Places);
        using var made = BlockDevices.OpenSource(onto);
        var layout = PartitionTableReader.Read(made);
        if (layout.Warnings.Count > 0 || !layout.Partitions.Select(p => (p.Number, p.Extent, p.Type, p.Id, p.Name, p.Attributes))
            .SequenceEqual(_survey.Layout.Partitions.Select(p => (p.Number, _plan.Places[p.Number], p.Type, p.Id, p.Name, p.Attributes))))
        {
            throw new SafetyException("the partition table for the target does not come out as it was planned", _plan.Remedy);
        }
        return (layout, [.. layout.TableAreas.Select(area => new BlockPatch(area.Offset, Bytes(made, area))), new BlockPatch(0, Bytes(Disk, new Extent(0, BootCode)))]);
    }

    private static byte[] Bytes(IBlockSource disk, Extent area)
    {
        var bytes = new byte[area.Length];
        disk.Read(area.Offset, bytes);
        return bytes;
    }

    private IEnumerable<string> WorkWarnings()
    {
        var most = _plan.Shrunk.Sum(v => v.UsedBytes);
        var folder = WorkFolder.Parent(_request.Shrink?.WorkFolder);
        if (most > 0 && new FolderStore(folder).FreeBytes is { } free && free < most)
            yield return $"{folder} has {free} bytes free for what is moved inside the file systems, up to {most} bytes: it may not do (another folder: --scratch).";
        if (_source.IsConfidential && most > 0) yield return $"What is moved inside the file systems lies unencrypted in {folder} until the end.";
    }
}
