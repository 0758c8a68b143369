using RescueKit.Disks;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Media.Write;

/// <summary>Writes rescue media onto a stick: a clone of a <see cref="StickImage"/>, read back and verified.</summary>
public sealed class StickRun : IRun
{
    private const string Operation = "media write";
    private readonly StickRequest _request;
    private readonly StickImage _image;
    private readonly IRun _clone;

    private StickRun(StickRequest request, StickImage image, IRun clone) => (_request, _image, _clone) = (request, image, clone);

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
            return new StickRun(request, image, Runs.Clone(new CloneRequest(image.FilePath, request.Target) { Verify = true }));
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public RunPlan Plan => _clone.Plan with
    {
        Operation = Operation,
        From = new PlanDisk(_request.Iso, new FileInfo(_request.Iso).Length, null, null, "rescue media"),
        Warnings = AboutTarget(_clone.Plan.Warnings),
    };

    public bool IsConfidential => _clone.IsConfidential;
    public Receipt? Receipt => _clone.Receipt is { } receipt ? Told(receipt) : null;

    public Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel) => Told(_clone.Execute(confirm, progress, cancel));

    public void Dispose()
    {
        _clone.Dispose();
        _image.Dispose();
    }

    private Receipt Told(Receipt receipt) => receipt with { Operation = Operation, Source = _request.Iso, Warnings = AboutTarget(receipt.Warnings) };

    /// <summary>What a clone says of two disks that are alike does not hold: the composed file is gone afterwards.</summary>
    private IReadOnlyList<string> AboutTarget(IEnumerable<string> warnings) => [.. warnings.Where(w => w.StartsWith(_request.Target, StringComparison.Ordinal))];
}
