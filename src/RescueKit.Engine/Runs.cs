using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Disks.Stores;
using RescueKit.Engine.Hot;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Reading;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Sizes;
using RescueKit.Engine.Transfers;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Engine;

/// <summary>
/// A run that has been looked into and not started: sources and targets are open and held, the plan is made, nothing is written.
/// Execute throws typed errors (Model/Errors.cs) or OperationCanceledException after leaving things marked as they are.
/// </summary>
public interface IRun : IDisposable
{
    RunPlan Plan { get; }

    /// <summary>True where the image is encrypted: what is kept of the run may tell nothing about the disk.</summary>
    bool IsConfidential { get; }

    /// <summary>Of the run that was executed, whether it returned or threw; null before, and where it was refused.</summary>
    Receipt? Receipt { get; }

    /// <summary>The run itself has stored its receipt, beside the image that it made.</summary>
    bool HasStoredReceipt => false;

    /// <param name="confirm">What the person typed; must equal the plan's ConfirmId where that is set (else SafetyException).</param>
    /// <param name="progress">Called a few times a second from some thread; null for none.</param>
    Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel);
}

/// <summary>
/// Makes runs ready: every refusal for safety that can be known before the first write is thrown here. Opens paths and puts runs
/// together, nothing else.
/// </summary>
public static class Runs
{
    /// <summary>How long a run waits for a disk that vanished.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static IRun Backup(BackupRequest request)
    {
        if (request is { Hot: not null, Resume: true })
            throw new UsageException("a hot image cannot be resumed: its instant is gone", "leave --resume out, and name a new image");
        CheckUnlock(request.Unlock, request.Hot, request.AllBlocks);
        SafetyChecks.ImageIsFile(request.Image);
        var (folder, name) = Split(request.Image);
        ImageLiesElsewhere(folder, name, request.Source, "source");
        return Owning(request.Hot is { } provider ? HotSource.Open(request.Source, provider, request.Writers, request.Partitions) : ColdSource(request.Source), source => Opening(request.Unlock, unlock => new BackupRun(
            source, new FolderStore(folder), name, request, new RunResources(),
            (file, json) => ReceiptFile.Write(Path.Combine(folder, file), json), unlock)));
    }

    /// <summary>A backup of a disk that is no path, as <see cref="BackupRequest.Source"/> names it.</summary>
    /// <param name="source">The run's from now on, also where this throws.</param>
    public static IRun Backup(BackupRequest request, IBlockSource source) => Owning(source, disk =>
    {
        SafetyChecks.ImageIsFile(request.Image);
        var (folder, name) = Split(request.Image);
        return new BackupRun(disk, new FolderStore(folder), name, request, new RunResources(), (file, json) => ReceiptFile.Write(Path.Combine(folder, file), json));
    });

    /// <summary>What a backup refuses without having looked at its disk: for those who have much to do before there is one.</summary>
    /// <exception cref="RescueKitException">An image of that name cannot be made, or gone on with.</exception>
    public static void MustBePossible(BackupRequest request)
    {
        SafetyChecks.ImageIsFile(request.Image);
        var (folder, name) = Split(request.Image);
        BackupRun.MustBePossible(new FolderStore(folder), name, request);
    }

    /// <param name="cancel">Of the planning: file systems that have to shrink are checked then.</param>
    public static IRun Restore(RestoreRequest request, CancellationToken cancel = default)
    {
        var (folder, name) = Split(request.Image);
        ImageLiesElsewhere(folder, name, request.Target, "target");
        return Owning(ImageReader.Open(new FolderStore(folder), name, request.Passphrase), image =>
            Owning(Target(request.Target), IRun (target) => IsResized(request.Shrink, request.Grow, () => image.Description.Volumes.Select(v => (v.Number, new Extent(v.Offset, v.Length))), image.DiskLength, target)
                ? Resize(image, target, request, cancel)
                : new RestoreRun(image, target, request, new RunResources())));
    }

    /// <param name="cancel">Of the planning: file systems that have to shrink are checked then.</param>
    public static IRun Clone(CloneRequest request, CancellationToken cancel = default)
    {
        CheckUnlock(request.Unlock, request.Hot, request.AllBlocks);
        if (request.Shrink is not null && (request.Hot is not null || request.Unlock is not null))
            throw new UsageException("a disk that is in use, or enciphered, cannot be shrunk on the way", "leave --shrink out; or make an image of it, and restore that with --shrink");
        SafetyChecks.DifferentDisks(request.Source, request.Target);
        if (request.Hot is { } provider)
        {
            SafetyChecks.TargetLiesElsewhere(request.Target, request.Source, DiskInventory.DisksBelow(request.Target));
            // The snapshot last: a target that is refused must not cost the running system a freeze.
            return Owning(Target(request.Target), target =>
                Owning(HotSource.Open(request.Source, provider, request.Writers, []), source => new CloneRun(source, target, request, new RunResources())));
        }
        return Owning(ColdSource(request.Source), source =>
            Owning(Target(request.Target), target =>
                IsResized(request.Shrink, request.Unlock is null ? request.Grow : null, () => PartitionTableReader.Read(source).Partitions.Select(p => (p.Number, p.Extent)), source.Length, target)
                ? new ResizeRun(new DiskToResize(source), target, request, new RunResources(), cancel)
                : Opening(request.Unlock, unlock => new CloneRun(source, target, request, new RunResources(), unlock: unlock))));
    }

    /// <summary>Whether partitions come to lie elsewhere on the target, or become shorter.</summary>
    /// <param name="partitions">Those of the source; asked for where it matters.</param>
    private static bool IsResized(ShrinkRequest? shrink, GrowRequest? grow, Func<IEnumerable<(int Number, Extent Extent)>> partitions, long length, TargetAccess target) =>
        (shrink is not null && target.Target?.Length < length) || (grow is { Partition: { } grown } && target.Target?.Length > length && GrowPlan.IsNeeded(grown, partitions()));

    private static IRun Resize(ImageReader image, TargetAccess target, RestoreRequest request, CancellationToken cancel)
    {
        if (request.Partitions.Count > 0 || request.OnDamage == DamagePolicy.Skip)
            throw new UsageException("only a whole disk, of which all is in the image, can be put onto one of another size", "leave --shrink and --grow out, or --partition and --on-damage");
        RestoreRun.RefuseIncomplete(image, request.Image);
        var clone = new CloneRequest(request.Image, request.Target) { Free = request.Free, Verify = request.Verify, NewIds = request.NewIds, Shrink = request.Shrink, Grow = request.Grow };
        return Owning(new ImageToResize(image, Path.GetFileName(request.Image)), source => new ResizeRun(source, target, clone, new RunResources(), cancel));
    }

    public static IRun Verify(VerifyRequest request)
    {
        var (folder, name) = Split(request.Image);
        return Owning(ImageReader.Open(new FolderStore(folder), name, request.Passphrase), image => new VerifyRun(image, request, new RunResources()));
    }

    private static IBlockSource ColdSource(string path)
    {
        try
        {
            return Source(path);
        }
        catch (SafetyException e) when (DiskInventory.Describe(path).Geometry.Identity.Kind != "file")
        {
            throw new SafetyException(e.Message, "unmount it and stop what holds it; or take it while it is in use, as it is at one moment: --hot");
        }
    }

    /// <summary>A disk that would be known again, should it vanish, is waited for; where others share what names it, none is.</summary>
    private static IBlockSource Source(string path)
    {
        var source = BlockDevices.OpenDisk(path);
        // A file, or a disk that nothing names, could not be told from another.
        return source.Geometry.Identity is { Serial: null, Wwn: null }
            ? source
            : new ReopeningSource(source, () => Reopen(source), Patience, TimeProvider.System);
    }

    private static IBlockSource? Reopen(IBlockSource gone)
    {
        try
        {
            return BlockDevices.ReopenSource(gone);
        }
        catch (RescueKitException)
        {
            return null; // not ready yet
        }
    }

    private static TargetAccess Target(string path)
    {
        var info = Path.Exists(path) ? DiskInventory.Describe(path) : null;
        if (info is null or { Geometry.Identity.Kind: "file" }) SafetyChecks.NotAmongDevices(path);
        if (info is null) return TargetAccess.New(path);
        SafetyChecks.Writable(info);
        if (info is { Length: 0, Geometry.Identity.Kind: "file" }) return TargetAccess.Empty(path);
        return TargetAccess.Existing(path, BlockDevices.OpenTarget(path), info.ConfirmId);
    }

    /// <summary>None of the image's parts, nor a disk that holds them, may be the disk of the run.</summary>
    private static void ImageLiesElsewhere(string folder, string name, string disk, string role)
    {
        var below = DiskInventory.DisksBelow(folder);
        foreach (var file in new FolderStore(folder).List(name).Prepend(name).Distinct())
            SafetyChecks.ImageLiesElsewhere(Path.Combine(folder, file), disk, role, below);
    }

    internal static (string Folder, string Name) Split(string image)
    {
        var full = Path.GetFullPath(image);
        var name = Path.GetFileName(full);
        if (name.Length == 0 || Directory.Exists(full)) throw new UsageException($"{image} is a folder; name the image file");
        var folder = Path.GetDirectoryName(full)!;
        if (!Directory.Exists(folder)) throw new UsageException($"there is no folder {folder}", "make it first");
        return (folder, name);
    }

    private static void CheckUnlock(Func<IUnlocker>? unlock, ISnapshotProvider? hot, bool allBlocks)
    {
        if (unlock is null) return;
        if (allBlocks) throw new UsageException("--all-blocks takes everything, whatever --unlock would open", "leave one of them out");
        if (hot is not null) throw new UsageException("--unlock opens what is not in use, so it does not go with --hot", "leave it out: what is enciphered is taken whole");
    }

    private static IRun Opening(Func<IUnlocker>? unlock, Func<IUnlocker?, IRun> make) => unlock is null ? make(null) : Owning(unlock(), make);

    /// <summary>Hands something that is open to a run; closes it where the run refuses.</summary>
    private static IRun Owning<T>(T open, Func<T, IRun> make) where T : IDisposable
    {
        try
        {
            return make(open);
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }
}
