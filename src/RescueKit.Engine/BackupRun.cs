using RescueKit.Engine.Content;
using RescueKit.Engine.Hot;
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
    private readonly IUnlocker? _unlock;
    private readonly RateLimitedSource? _limited;
    private readonly IImageStore _store;
    private readonly string _name;
    private readonly BackupRequest _request;
    private readonly Action<string, byte[]> _writeReceipt;
    private readonly DiskSurvey _survey;
    private readonly MetadataDigest _before;
    private Stage _stage;

    /// <summary>Each further call to a server that went away waits for it anew.</summary>
    private bool _storeIsLost;
    private bool _receiptIsStored;

    /// <param name="source">Owned by the run from now on, as is <paramref name="unlock"/>.</param>
    /// <param name="name">Of the image in the store.</param>
    /// <param name="writeReceipt">Stores a receipt under a name, whole or not at all.</param>
    /// <exception cref="SafetyException">The image exists already.</exception>
    public BackupRun(
        IBlockSource source, IImageStore store, string name, BackupRequest request, RunResources resources, Action<string, byte[]> writeReceipt, IUnlocker? unlock = null)
        : base(resources)
    {
        (_source, _unlock, _store, _name, _request, _writeReceipt) = (source, unlock, store, name, request, writeReceipt);
        MustBePossible(store, name, request);
        SafetyChecks.NotEmpty(source);
        if (request.RateLimit is { } limit) _limited = new RateLimitedSource(source, limit, resources.Clock);
        _survey = DiskSurvey.Take(_limited ?? source, new SurveyOptions
        {
            AllBlocks = request.AllBlocks,
            Unclean = request.Unclean,
            ExcludeWindowsSwap = request.ExcludeWindowsSwap,
            Partitions = request.Partitions,
            Unlock = unlock,
        });
        _before = MetadataDigest.Of(source, _survey.Layout);
        if (source is ReopeningSource reopening) reopening.IsSame = found => _before.IsSameDisk(MetadataDigest.Of(found, _survey.Layout));
        Plan = BackupPlan.Make(_survey, store, request, Hot?.Warnings ?? []);
    }

    public override RunPlan Plan { get; }

    private HotSource? Hot => _source as HotSource;

    public override bool IsConfidential => _request.Passphrase is not null;

    public override bool HasStoredReceipt => _receiptIsStored;

    public override void Dispose()
    {
        _unlock?.Dispose();
        _source.Dispose();
    }

    protected override int? PartitionAt(long position) => _survey.PartitionAt(position);

    protected override void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        draft.PartitionAt = _survey.PartitionAt;
        draft.MetadataBefore = _before.Total;
        SafetyChecks.Unchanged(_before, _source, cancel);
        if (_source is ReopeningSource reopening) reopening.Cancel = cancel;
        if (_limited is not null) _limited.Cancel = cancel;
        draft.Hot = Hot?.Record;
        try
        {
            TakeImage(draft, meter, cancel);
        }
        finally
        {
            draft.Warnings.AddRange(Hot?.Complete(_stage == Stage.Complete) ?? []);
        }
        draft.Warnings.AddRange(_survey.Warnings.Except(draft.Warnings));
        if (_request.Verify) VerifyImage(draft, meter, cancel);
    }

    protected override Aftermath? After(Exception e)
    {
        _storeIsLost = _stage is Stage.Taking or Stage.Ending && e is DeviceException { Errno: not 0 } and not (BlockReadException or NoSpaceException or DeviceGoneException);
        return Left(e);
    }

    /// <summary>Puts the receipt beside the image.</summary>
    protected override string? Record(Receipt receipt)
    {
        // Proof that could not be given takes nothing away from the backup, whose receipt is there already.
        if (_stage == Stage.Untouched || (_stage == Stage.Complete && receipt is { Verdict: "failed", ExitCode: not 3 })) return null;
        if (_storeIsLost) return $"The receipt was not written: {_store.Location} takes nothing any more.";
        try
        {
            _writeReceipt(_name + ".receipt.json", ReceiptJson.Serialize(IsConfidential ? ReceiptJson.ForEncrypted(receipt) : receipt));
            _receiptIsStored = true;
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RescueKitException)
        {
            return $"The receipt could not be written: {e.Message}";
        }
    }

    private Aftermath? Left(Exception e) => _stage switch
    {
        Stage.Untouched => Nothing(e),
        Stage.Taking when e is BlockReadException && Hot is null && _request.OnBadSector == BadSectorPolicy.Fail => new(
            "the image is not complete", "go on with --resume --on-bad-sector skip, which takes everything that can be read"),
        Stage.Ending when HasFooter() => new(
            "the image has its end, but whether that has reached the disk is not known",
            $"see what is there: rescuekit image verify {_request.Image}; if it is not complete, go on with it by the same command and --resume"),
        Stage.Taking or Stage.Ending when Hot is not null => new("the image is not complete, and cannot be completed: its instant is gone", "delete it, and take a new one"),
        Stage.Taking or Stage.Ending => new("the image is not complete", "go on with it by the same command and --resume"),
        _ when e is ImageException => null, // what was found is about the image itself
        _ => new("the image is complete, but it has not been verified", $"verify it: rescuekit image verify {_request.Image}"),
    };

    /// <summary>Whether an image of that name can be made, or gone on with.</summary>
    /// <exception cref="SafetyException">It exists already.</exception>
    /// <exception cref="UsageException">It does not, and is to be gone on with.</exception>
    public static void MustBePossible(IImageStore store, string name, BackupRequest request)
    {
        if (request.Resume)
        {
            if (!store.Exists(name)) throw new UsageException($"{request.Image} does not exist, so there is nothing to resume", "run it again without --resume");
            return;
        }
        if (store.Exists(name))
            throw new SafetyException($"{request.Image} exists already", "choose another name, delete it first, or go on with it: --resume");
        if (ImageWriter.FilesInTheWay(store, name) is [var part, ..])
            throw new SafetyException($"{part}, a part of an older image {request.Image}, is left in {store.Location}",
                "choose another name, or delete what is left of that image first");
    }

    private void TakeImage(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        var options = new ImageWriterOptions
        {
            Codec = _request.Codec,
            Level = _request.Level,
            ChunkSize = _request.ChunkSize,
            SplitBytes = BackupPlan.SplitBytes(_request, _store),
            Passphrase = _request.Passphrase,
        };
        var description = Describing.Image(_survey, ReceiptDraft.Tool, Resources.Clock.GetUtcNow(), Hot?.Record);
        using var writer = _request.Resume
            ? ImageWriter.Resume(_store, _name, description, options)
            : ImageWriter.Create(_store, _name, description, options);
        _stage = Stage.Taking;
        draft.ImageId = writer.ImageId;
        var content = new SurveyedContent(_survey, writer.ChunkSize, writer.RegionBytes);
        var sink = new ImageSink(writer);
        meter.Begin("reading", Plan.BytesToRead, () => writer.AppendedBytes == 0 ? 1 : (double)writer.DurableBytes / writer.AppendedBytes);
        var earlier = _request.Resume ? writer.AppendedBytes : 0;
        try
        {
            draft.Unreadable = Passes.Run(content, sink, _request.OnBadSector, _request.BadSectorTime, meter, Resources, cancel);
            meter.End();
            meter.Rename("syncing");
            CheckSource(draft, cancel);
            EndSnapshot(draft);
            _stage = Stage.Ending;
            Complete(draft, writer);
            _stage = Stage.Complete;
        }
        finally
        {
            draft.BytesWritten = writer.AppendedBytes - earlier;
        }
    }

    /// <summary>Nothing is read from it any more: the running system need not carry it while the image is ended and verified.</summary>
    private void EndSnapshot(ReceiptDraft draft)
    {
        if (Hot is not { } hot) return;
        hot.Check();
        if (hot.Release() is { } left) draft.Warnings.Add(left);
    }

    private static void Complete(ReceiptDraft draft, ImageWriter writer)
    {
        var summary = writer.Complete();
        draft.RootDigest = summary.RootDigest.ToString();
        draft.BytesStored = summary.StoredBytes;
        draft.BytesExcluded = summary.ExcludedBytes;
        draft.Parts = summary.Parts;
    }

    /// <summary>Looked at before the image is completed, which seals it: one that mixes two states of the disk must never look whole.</summary>
    private void CheckSource(ReceiptDraft draft, CancellationToken cancel)
    {
        if (SafetyChecks.ChangedMeanwhile(_before, _source, draft, cancel) is { } changed) throw Failures.SourceChanged(_source.Name, changed);
    }

    private void VerifyImage(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        if (Record(draft.Finish(Resources.Clock.GetUtcNow())) is { } problem) draft.Warnings.Add(problem);
        using var image = ImageReader.Open(_store, _name, _request.Passphrase is { } secret ? () => secret : null);
        if (ImageProof.Fault(_request.Image, ImageProof.Run(image, draft, meter, cancel)) is { } fault) throw fault;
    }

    private bool HasFooter()
    {
        try
        {
            return ImageHead.Read(_store, _name).HasFooter;
        }
        catch (RescueKitException)
        {
            return false;
        }
    }

    private enum Stage
    {
        Untouched,
        Taking,

        /// <summary>All of the disk is there; index and footers are being written.</summary>
        Ending,
        Complete,
    }
}
