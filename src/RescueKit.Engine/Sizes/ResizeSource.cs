using RescueKit.Engine.Reading;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Serving;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>What is to be made fit a disk of another size: an image, or a disk. It is only read.</summary>
internal abstract class ResizeSource(IBlockSource disk) : IDisposable
{
    /// <summary>"restore" or "clone".</summary>
    public abstract string Operation { get; }

    /// <summary>All of it, as a disk.</summary>
    public IBlockSource Disk { get; } = disk;

    public DiskSurvey Survey { get; } = DiskSurvey.Take(disk);

    public abstract IReadOnlyList<TransferVolume> Volumes { get; }

    /// <summary>What a person should know of it, a sentence each.</summary>
    public virtual IEnumerable<string> Warnings => [];

    /// <summary>Whether what tools keep of it on the way tells more than whoever has it may know.</summary>
    public virtual bool IsConfidential => false;

    /// <summary>Expected.</summary>
    public abstract long BytesToRead { get; }

    /// <exception cref="SafetyException">Not all of the disk is there, or its table is not in order.</exception>
    public abstract void RefuseOdd(string remedy);

    /// <summary>Before anything is read for good.</summary>
    public abstract void Begin(ReceiptDraft draft, CancellationToken cancel);

    /// <summary>When all of it has been read.</summary>
    /// <exception cref="SafetyException">It was written to meanwhile.</exception>
    public virtual void End(ReceiptDraft draft, CancellationToken cancel) { }

    public virtual void Dispose() => Disk.Dispose();

    protected static SafetyException TableNotInOrder(string where, string why, string remedy) => new($"the partition table {where} is not in order, so it is not taken apart: {why}", remedy);
}

internal sealed class ImageToResize(ImageReader reader, string name) : ResizeSource(new ImageDisk(reader, name))
{
    public override string Operation => "restore";
    public override IReadOnlyList<TransferVolume> Volumes => [.. reader.Description.Volumes.Select(TransferVolume.Of)];
    public override IEnumerable<string> Warnings => [.. reader.Repairs, .. reader.LeftOut];
    public override bool IsConfidential => reader.IsEncrypted;
    public override long BytesToRead => reader.Summary?.StoredBytes ?? 0;

    public override void RefuseOdd(string remedy)
    {
        if (reader.Description.Warnings is [var odd, ..]) throw TableNotInOrder("in the image", odd, remedy);
        for (var i = 0; i < reader.RegionCount; i++)
        {
            var page = reader.ReadRegion(i);
            if (page.IsRebuilt || !page.Unreadable.IsEmpty)
                throw new SafetyException($"not all of the disk is in the image: some of the {page.Range.Length} bytes from {page.Range.Offset} on could not be read, or is lost", remedy);
        }
    }

    public override void Begin(ReceiptDraft draft, CancellationToken cancel)
    {
        draft.ImageId = reader.ImageId;
        draft.RootDigest = reader.RootDigest.ToString();
    }
}

/// <summary>A disk that nobody uses.</summary>
internal sealed class DiskToResize : ResizeSource
{
    private readonly MetadataDigest _before;

    public DiskToResize(IBlockSource disk) : base(disk)
    {
        SafetyChecks.NotEmpty(disk);
        _before = MetadataDigest.Of(disk, Survey.Layout);
        if (disk is ReopeningSource reopening) reopening.IsSame = found => _before.IsSameDisk(MetadataDigest.Of(found, Survey.Layout));
    }

    public override string Operation => "clone";
    public override IReadOnlyList<TransferVolume> Volumes => [.. Survey.Volumes.Select(TransferVolume.Of)];
    public override long BytesToRead => PlanItems.BytesToRead(Survey);

    public override void RefuseOdd(string remedy)
    {
        if (Survey.Layout.Warnings is [var odd, ..]) throw TableNotInOrder($"of {Disk.Name}", odd, remedy);
    }

    public override void Begin(ReceiptDraft draft, CancellationToken cancel)
    {
        SafetyChecks.Unchanged(_before, Disk, cancel);
        if (Disk is ReopeningSource reopening) reopening.Cancel = cancel;
    }

    public override void End(ReceiptDraft draft, CancellationToken cancel)
    {
        draft.MetadataBefore = _before.Total;
        if (SafetyChecks.ChangedMeanwhile(_before, Disk, draft, cancel) is { } changed) throw Failures.SourceChanged(Disk.Name, changed);
    }
}
