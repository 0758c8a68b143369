using RescueKit.Engine.Content;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Reading;
using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>
/// Reads what was written back from the target and compares it with what a pass over the source saw; without such a record, with the
/// content's digests, or with the content itself where there is none or where the target has to differ from it. Bytes outside the
/// allocation map are not looked at.
/// </summary>
internal sealed class ReadBack
{
    private readonly IBlockTarget _target;
    private readonly TargetLayout _layout;
    private readonly IDiskContent _content;
    private readonly ProgressMeter _meter;
    private readonly RunResources _resources;
    private readonly MappedView _view;
    private readonly PassDigests? _seen;
    private readonly PassDigests _found;
    private readonly List<Extent> _notComparable = [];
    private ContentRegion? _open;

    /// <summary>Source ranges where the target differs on purpose: patches, which are compared on their own, and dropped tables.</summary>
    private readonly ExtentSet _altered;

    /// <param name="view">The target at the source's offsets; not owned.</param>
    /// <param name="seen">Of the pass that was written, with what the layout alters masked.</param>
    public ReadBack(
        IBlockTarget target, MappedView view, TargetLayout layout, IDiskContent content, PassDigests? seen, ProgressMeter meter, RunResources resources)
    {
        (_target, _view, _layout, _content, _seen, _meter, _resources) = (target, view, layout, content, seen, meter, resources);
        _altered = layout.AlteredInSource;
        _found = new PassDigests(content.ChunkSize, _altered);
    }

    public long VerifiedBytes { get; private set; }

    /// <summary>Source ranges whose allocation map is not the one that was copied by: nothing can be said of them.</summary>
    public IReadOnlyList<Extent> NotComparable => _notComparable;

    /// <exception cref="DeviceException">The target holds something else; the message names the offset.</exception>
    public void Run(CancellationToken cancel)
    {
        foreach (var patch in _layout.Patches) Verify(patch);
        var jobBytes = _resources.JobBytes(_content.ChunkSize);
        var jobs = new JobSource(_content, _layout.Scope, jobBytes);
        var pipeline = new OrderedPipeline<ChunkJob>(
            _resources.Workers, _resources.JobsInFlight(_content.ChunkSize), () => new ChunkJob(jobBytes / _content.ChunkSize));
        pipeline.Run(jobs.Next, () => new Worker(this, jobBytes, cancel), Finish, null, cancel);
        EndRegion();
    }

    /// <summary>In ascending order: when the next region comes, all of the one before has been read.</summary>
    private void Finish(ChunkJob job)
    {
        if (job.Kind == JobKind.Region)
        {
            EndRegion();
            _open = job.Region;
            if (!IsComparable(_open)) _notComparable.Add(_open.Range);
            return;
        }
        var bytes = job.UsedBytes;
        _meter.Add(bytes, job.Range.Offset);
        if (IsComparable(job.Region)) VerifiedBytes += bytes;
    }

    private void EndRegion()
    {
        if (_open is null || _seen is null || !IsComparable(_open)) return;
        if (_seen.FirstDifference(_found, _open.Range) is { } group) throw Differs(group.Shift(OntoTarget(group.Offset) - group.Offset));
    }

    private bool IsComparable(ContentRegion region) => _seen is null || _seen.SawTheSameMap(region);

    private void Verify(BlockPatch patch)
    {
        var bytes = new byte[patch.Bytes.Length];
        _target.Read(patch.Offset, bytes);
        if (!bytes.AsSpan().SequenceEqual(patch.Bytes.Span)) throw Differs(patch.Extent);
    }

    private DeviceException Differs(Extent onto) =>
        new(onto.Length > _content.ChunkSize
                ? $"{_target.Name} does not hold what was written to it: something differs in the {onto.Length} bytes from offset {onto.Offset} on"
                : $"{_target.Name} does not hold what was written to it: {onto.Length} bytes at offset {onto.Offset} differ",
            "the disk, its cable or the machine's memory is faulty: do not rely on this copy, restore onto another disk");

    private long OntoTarget(long position) =>
        position + _layout.Segments.Where(s => s.From.Contains(position)).Select(s => s.Shift).FirstOrDefault();

    private sealed class Worker(ReadBack run, int jobBytes, CancellationToken cancel) : IJobWorker<ChunkJob>
    {
        private readonly AlignedBuffer _found = new(jobBytes);
        private readonly AlignedBuffer _expected = new(run._content.ChunkSize);

        public void Process(ChunkJob job)
        {
            if (job.Kind == JobKind.Region || !run.IsComparable(job.Region)) return;
            var compared = job.Region.Used.Clip(job.Range).Intersect(run._layout.Scope).Except(run._altered);
            if (job.Kind == JobKind.Zeros) CheckZeros(compared.Intersect(run._view.DataIn(job.Range)));
            else CheckData(job, compared);
        }

        public void Dispose()
        {
            ((IDisposable)_found).Dispose();
            ((IDisposable)_expected).Dispose();
        }

        private void CheckZeros(ExtentSet compared)
        {
            foreach (var extent in compared)
            {
                for (var at = extent.Offset; at < extent.End; at += jobBytes)
                {
                    cancel.ThrowIfCancellationRequested();
                    var found = _found.Span[..(int)Math.Min(jobBytes, extent.End - at)];
                    run._view.Read(at, found);
                    var wrong = found.IndexOfAnyExcept((byte)0);
                    if (wrong >= 0) throw run.Differs(new Extent(run.OntoTarget(at + wrong), 1));
                }
            }
        }

        private void CheckData(ChunkJob job, ExtentSet compared)
        {
            var found = _found.Span[..(int)job.Range.Length];
            new SurveyedRegion(run._view, job.Region.Index, job.Region.Range, compared)
            {
                Used = compared,
                Excluded = ExtentSet.Empty,
                Unreadable = ExtentSet.Empty,
                DataChunks = compared,
                ZeroChunks = ExtentSet.Empty,
            }.Read(job.Range, found);
            if (run._seen is not null)
            {
                run._found.Add(job.Range, found);
                return;
            }
            for (var at = job.Range.Offset; at < job.Range.End;)
            {
                var chunk = Extent.FromTo(at, Math.Min(job.Range.End, at + run._content.ChunkSize));
                CheckChunk(job, chunk, compared, found.Slice((int)(at - job.Range.Offset), (int)chunk.Length));
                at = chunk.End;
            }
        }

        private void CheckChunk(ChunkJob job, Extent chunk, ExtentSet compared, ReadOnlySpan<byte> found)
        {
            var same = run._layout.Scope.Contains(chunk) && !run._altered.Overlaps(chunk);
            if (same && job.Region.DigestOf(chunk.Offset / run._content.ChunkSize) is { } digest)
            {
                if (ChunkDigest.Of(found) != digest) throw run.Differs(new Extent(run.OntoTarget(chunk.Offset), chunk.Length));
                return;
            }
            var expected = _expected.Span[..(int)chunk.Length];
            job.Region.Read(chunk, expected);
            foreach (var extent in compared.Clip(chunk))
            {
                var (start, length) = ((int)(extent.Offset - chunk.Offset), (int)extent.Length);
                var equal = expected.Slice(start, length).CommonPrefixLength(found.Slice(start, length));
                if (equal < length) throw run.Differs(new Extent(run.OntoTarget(extent.Offset + equal), 1));
            }
        }
    }
}
