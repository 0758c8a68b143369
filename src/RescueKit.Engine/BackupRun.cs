using RescueKit.Engine.Content;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Reading;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Writing;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>Takes an image of a disk. The source is only read.</summary>
internal sealed class BackupRun : RunBase
{
    private readonly IBlockSource _source;
    private readonly IImageStore _store;
    private readonly string _name;
    private readonly BackupRequest _request;
    private readonly Action<string, byte[]> _writeReceipt;
    private readonly DiskSurvey _survey;
    private readonly MetadataDigest _before;
    private bool _begun;

    /// <param name="source">Owned by the run from now on.</param>
    /// <param name="name">Of the image in the store.</param>
    /// <param name="writeReceipt">Stores a receipt under a name, whole or not at all.</param>
    /// <exception cref="SafetyException">The image exists already.</exception>
    public BackupRun(
        IBlockSource source, IImageStore store, string name, BackupRequest request, RunResources resources, Action<string, byte[]> writeReceipt)
        : base(resources)
    {
        (_source, _store, _name, _request, _writeReceipt) = (source, store, name, request, writeReceipt);
        if (store.Exists(name) && !request.Resume)
            throw new SafetyException($"{request.Image} exists already", "choose another name, delete it first, or go on with it: --resume");
        if (!store.Exists(name) && request.Resume)
            throw new UsageException($"{request.Image} does not exist, so there is nothing to resume", "run it again without --resume");
        _survey = DiskSurvey.Take(source, new SurveyOptions
        {
            AllBlocks = request.AllBlocks,
            Unclean = request.Unclean,
            ExcludeWindowsSwap = request.ExcludeWindowsSwap,
            Partitions = request.Partitions,
        });
        _before = MetadataDigest.Of(source, _survey.Layout);
        Plan = BackupPlan.Make(_survey, store, request);
    }

    public override RunPlan Plan { get; }

    public override bool IsConfidential => _request.Passphrase is not null;

    public override void Dispose() => _source.Dispose();

    protected override int? PartitionAt(long position) => _survey.PartitionAt(position);

    protected override void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        draft.PartitionAt = _survey.PartitionAt;
        draft.MetadataBefore = _before.Total;
        SafetyChecks.Unchanged(_before, _source, _survey);
        if (_source is ReopeningSource reopening) reopening.Cancel = cancel;
        TakeImage(draft, meter, cancel);
        if (_request.Verify) VerifyImage(draft, meter, cancel);
        draft.Warnings.AddRange(_survey.Warnings.Except(draft.Warnings));
    }

    protected override Exception Explain(Exception e) => (e, _begun) switch
    {
        (BlockReadException, _) when _request.OnBadSector == BadSectorPolicy.Fail => Failures.With(
            e, "the image is not complete", "go on with --resume --on-bad-sector skip, which takes everything that can be read"),
        (_, true) => Failures.With(e, "the image is not complete", "go on with it by the same command and --resume"),
        _ => e,
    };

    protected override string? Record(Receipt receipt)
    {
        if (!_begun) return null;
        try
        {
            _writeReceipt(_name + ".receipt.json", ReceiptJson.Serialize(IsConfidential ? ReceiptJson.ForEncrypted(receipt) : receipt));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RescueKitException)
        {
            return $"The receipt could not be written: {e.Message}";
        }
    }

    private void TakeImage(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        var options = new ImageWriterOptions
        {
            Codec = _request.Codec,
            Level = _request.Level,
            ChunkSize = _request.ChunkSize ?? ImageLimits.DefaultChunkSize,
            SplitBytes = BackupPlan.SplitBytes(_request, _store),
            Passphrase = _request.Passphrase,
        };
        var description = Describing.Image(_survey, ReceiptDraft.Tool, Resources.Clock.GetUtcNow());
        using var writer = _request.Resume
            ? ImageWriter.Resume(_store, _name, description, options)
            : ImageWriter.Create(_store, _name, description, options);
        _begun = true;
        draft.ImageId = writer.ImageId;
        var content = new SurveyedContent(_survey, writer.ChunkSize, writer.RegionBytes);
        var sink = new ImageSink(writer);
        meter.Begin("reading", Plan.BytesToRead, () => writer.AppendedBytes == 0 ? 1 : (double)writer.DurableBytes / writer.AppendedBytes);
        draft.Unreadable = Passes.Run(content, sink, _request.OnBadSector, _request.BadSectorTime, meter, Resources, cancel);
        draft.BytesRead = Plan.BytesToRead - draft.Unreadable.TotalLength;
        meter.Rename("syncing");
        CheckSource(draft);
        var summary = writer.Complete();
        draft.RootDigest = summary.RootDigest.ToString();
        draft.BytesStored = summary.StoredBytes;
        draft.BytesWritten = summary.StoredBytes;
        draft.BytesExcluded = summary.ExcludedBytes;
        draft.Parts = summary.Parts;
    }

    /// <summary>Looked at before the image is completed, which seals it: one that mixes two states of the disk must never look whole.</summary>
    private void CheckSource(ReceiptDraft draft)
    {
        var after = MetadataDigest.Of(_source, _survey.Layout);
        draft.MetadataAfter = after.Total;
        if (_before.FirstDifference(after) is { } changed) throw Failures.SourceChanged(_source.Name, changed);
    }

    private void VerifyImage(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        using var image = ImageReader.Open(_store, _name, _request.Passphrase is { } secret ? () => secret : null);
        var found = ImageProof.Run(image, meter, cancel);
        draft.BytesVerified = found.VerifiedBytes;
        if (ImageProof.Fault(_request.Image, found) is { } fault) throw fault;
    }
}
