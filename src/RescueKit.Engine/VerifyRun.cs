using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Receipts;
using RescueKit.Images;
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
            Warnings = image.Repairs,
            BytesToRead = image.Summary?.StoredBytes ?? 0,
        };
    }

    public override RunPlan Plan { get; }

    public override void Dispose() => _image.Dispose();

    protected override int? PartitionAt(long position) => _image.Description.Volumes
        .FirstOrDefault(v => position >= v.Offset && position < v.Offset + v.Length)?.Number;

    protected override void Perform(ReceiptDraft draft, ProgressMeter meter, CancellationToken cancel)
    {
        draft.Target = null;
        draft.PartitionAt = PartitionAt;
        draft.ImageId = _image.ImageId;
        if (!_image.IsComplete)
            throw new ImageIncompleteException($"{Plan.From.Path} was never completed", "complete it: rescuekit image create … --resume");
        draft.RootDigest = _image.RootDigest.ToString();
        draft.BytesStored = _image.Summary?.StoredBytes ?? 0;
        var check = new ImageCheck(_image, meter, Resources);
        check.Run(cancel);
        draft.BytesRead = check.VerifiedBytes;
        draft.BytesVerified = check.VerifiedBytes;
        draft.Unreadable = check.Unreadable;
        draft.Warnings.AddRange(check.Messages);
        if (_image.MissingParts.Count > 0) draft.Warnings.Add($"Missing parts: {string.Join(", ", _image.MissingParts)}.");
        check.ThrowIfDamaged(Plan.From.Path);
    }
}
