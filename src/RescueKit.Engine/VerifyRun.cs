using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Images;
using RescueKit.Images.Verification;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>Proves an image without its disk: every chunk is read, decoded and digested.</summary>
internal sealed class VerifyRun : RunBase
{
    private readonly ImageReader _image;

    /// <param name="image">Owned by the run from now on.</param>
    public VerifyRun(ImageReader image, VerifyRequest request, RunResources resources) : base(resources)
    {
        _image = image;
        var disk = image.Description.Disk;
        Plan = new RunPlan
        {
            Operation = "verify",
            From = new PlanDisk(request.Image, disk.Length, disk.Model, disk.Serial, $"image of {disk.Name}"),
            Onto = new PlanDisk(request.Image, disk.Length, null, null, "nothing is written"),
            Items =
            [
                .. image.Description.Volumes.Select(v => new PlanItem(v.Number, null, v.FileSystem, v.Label, v.Length, v.Included ? v.UsedBytes : 0,
                    PlanItems.How(v.Included, v.Whole), v.WholeReason, null)),
            ],
            Warnings = [.. image.Repairs, .. image.LeftOut],
            BytesToRead = image.Summary?.StoredBytes ?? 0,
        };
    }

    public override RunPlan Plan { get; }

    public override bool IsConfidential => _image.IsEncrypted;

    public override void Dispose() => _image.Dispose();

    protected override int? PartitionAt(long position) => _image.Description.Volumes
        .FirstOrDefault(v => position >= v.Offset && position < v.Offset + v.Length)?.Number;

    protected override void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        draft.Target = null;
        draft.PartitionAt = PartitionAt;
        draft.ImageId = _image.ImageId;
        draft.BytesStored = _image.Summary?.StoredBytes ?? 0;
        draft.Parts = _image.Summary?.Parts ?? 0;
        var unreadable = Unreadable(); // first: a page that has to be read from its copy is a finding
        var found = Prove(draft, meter, cancel);
        if (found.IsComplete) draft.RootDigest = found.RootDigest.ToString();
        draft.Finding = ImageProof.Fault(Plan.From.Path, found);
        draft.Warnings.AddRange(ImageProof.Lines(found));
        if (draft.Finding is null) draft.Unreadable = unreadable;
    }

    protected override Aftermath? After(Exception e) =>
        e is OperationCanceledException ? new Aftermath("the image was not read to its end") : null;

    private ImageVerification Prove(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        try
        {
            return ImageProof.Run(_image, draft, meter, cancel);
        }
        finally
        {
            meter.AddRead(draft.BytesVerified);
        }
    }

    private ExtentSet Unreadable()
    {
        var result = new ExtentSetBuilder();
        for (var i = 0; i < _image.RegionCount; i++) result.Add(_image.ReadRegion(i).Unreadable);
        return result.ToSet();
    }
}
