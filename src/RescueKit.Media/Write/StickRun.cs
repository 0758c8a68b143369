using RescueKit.Disks;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Media.Write;

/// <summary>Writes rescue media onto a stick: a clone of a <see cref="StickImage"/>, read back and verified.</summary>
public sealed class StickRun : IRun
{
    private readonly StickImage _image;
    private readonly IRun _clone;

    private StickRun(StickImage image, IRun clone) => (_image, _clone) = (image, clone);

    /// <exception cref="RescueKitException">As for a clone; and where the ISO is not one of `media build`'s.</exception>
    public static StickRun Prepare(StickRequest request)
    {
        if (!File.Exists(request.Iso)) throw new UsageException($"{request.Iso} does not exist", "'rescuekit media build' makes it.");
        var existing = Path.Exists(request.Target) ? DiskInventory.Describe(request.Target) : null;
        if (existing?.Geometry is { SectorSizeIsGuess: false, LogicalSectorSize: not 512 } geometry)
            throw new SafetyException($"{request.Target} has sectors of {geometry.LogicalSectorSize} bytes; the media boot only from 512", "Choose another stick.");
        if (existing?.Geometry.Identity.Kind == "partition") throw new UsageException($"{request.Target} is a partition", "Name the whole stick.");
        var length = existing is { Length: > 0 } ? existing.Length : request.NewLength
            ?? throw new UsageException($"how long is {request.Target} to be?", "Give --size for a file that does not exist yet.");
        var image = StickImage.Make(request.Iso, length, request.Data);
        try
        {
            return new StickRun(image, Runs.Clone(new CloneRequest(image.FilePath, request.Target) { Verify = true }));
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public RunPlan Plan => _clone.Plan;
    public bool IsConfidential => _clone.IsConfidential;
    public Receipt? Receipt => _clone.Receipt;

    public Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel) => _clone.Execute(confirm, progress, cancel);

    public void Dispose()
    {
        _clone.Dispose();
        _image.Dispose();
    }
}
