using System.Diagnostics;
using RescueKit.Agent.Tools;
using RescueKit.Engine;
using RescueKit.Engine.Texts;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <param name="Paths">As the image's own system has them.</param>
/// <param name="Folder">Where they go: exists.</param>
/// <param name="Overwrite">Writes over what is there already, instead of being refused.</param>
public sealed record FileRequest(string Image, int? Partition, IReadOnlyList<string> Paths, string Folder, bool Overwrite)
{
    public required Func<ReadOnlyMemory<byte>> Passphrase { get; init; }
    public IToolStreams Tools { get; init; } = new ToolRunner();

    /// <summary>As <see cref="ImageFolderRequest.Mounting"/>.</summary>
    public Action Mounting { get; init; } = () => { };
}

/// <summary>Copies files out of an image, of which a partition is open from the plan to the end.</summary>
public sealed class FileRun : IRun
{
    private const string Operation = "get";
    private const int MostWarnings = 100;

    private readonly FileRequest _request;
    private readonly ImageFolder _files;
    private readonly FileCopy _copy;
    private readonly HashSet<string> _unreadable = [];
    private Action<RunProgress>? _progress;
    private long _began;
    private IReadOnlyList<string> _leftOut = [];

    private FileRun(FileRequest request, Func<FileRun, ImageFolder> open)
    {
        _request = request;
        _files = open(this);
        try
        {
            _copy = FileCopy.Plan(_files.Files, request.Paths, request.Folder, request.Overwrite);
            Plan = MakePlan();
        }
        catch
        {
            _files.Dispose();
            throw;
        }
    }

    /// <exception cref="RescueKitException">As for <see cref="ImageFolder.Open"/> and <see cref="FileCopy.Plan"/>; nothing is left behind.</exception>
    public static FileRun Prepare(FileRequest request)
    {
        if (!Directory.Exists(request.Folder)) throw new UsageException($"there is no folder {request.Folder}", "make it first; the last path is where the others are put");
        return new FileRun(request, run => ImageFolder.Open(new ImageFolderRequest(request.Image, request.Partition, request.Passphrase)
        {
            Tools = request.Tools,
            Report = run.Note,
            Progress = run.Show,
            Mounting = request.Mounting,
            Unmounted = request.Tools,
        }));
    }

    public RunPlan Plan { get; }
    public bool IsConfidential => _files.IsEncrypted;
    public Receipt? Receipt { get; private set; }

    public Receipt Execute(string? confirm, Action<RunProgress>? progress, CancellationToken cancel)
    {
        var startedAt = DateTimeOffset.UtcNow;
        (_began, _progress) = (Stopwatch.GetTimestamp(), progress);
        try
        {
            cancel.ThrowIfCancellationRequested();
            _files.Begin("copying", Plan.BytesToRead);
            _leftOut = _copy.Run(cancel);
            return Receipt = Conclude(startedAt, null);
        }
        catch (Exception e)
        {
            Receipt = Conclude(startedAt, e);
            throw;
        }
        finally
        {
            _progress = null;
        }
    }

    public void Dispose() => _files.Dispose();

    private RunPlan MakePlan()
    {
        var (volume, disk) = (_files.Volume, _files.Description.Disk);
        var (files, bytes) = _copy.Measure();
        var free = new DriveInfo(_request.Folder).AvailableFreeSpace;
        return new RunPlan
        {
            Operation = Operation,
            From = new PlanDisk(Path.GetFullPath(_request.Image), volume.Length, disk.Model, disk.Serial, $"image of {disk.Name}, partition {volume.Number}"),
            Onto = new PlanDisk(_request.Folder, free, null, null, "folder"),
            Items = [new PlanItem(volume.Number, null, volume.FileSystem, volume.Label, volume.Length, bytes, files == 1 ? "1 file" : $"{files} files", null, null)],
            Lost = [.. _copy.Replaced],
            Warnings = bytes > free ? [$"{Units.Size(bytes)} are to be copied, and {Units.Size(free)} are free there"] : [],
            BytesToRead = bytes,
            BytesToWrite = bytes,
        };
    }

    private void Show(RunProgress progress) =>
        _progress?.Invoke(progress with { Elapsed = Stopwatch.GetElapsedTime(_began), Partition = _files.Volume.Number });

    private void Note(string message)
    {
        lock (_unreadable)
        {
            if (_unreadable.Count < MostWarnings) _unreadable.Add(message);
        }
    }

    private Receipt Conclude(DateTimeOffset startedAt, Exception? failure)
    {
        List<string> warnings = [.. Plan.Warnings, .. _leftOut];
        lock (_unreadable) warnings.AddRange(_unreadable);
        return new Receipt
        {
            Operation = Operation,
            Verdict = failure is null ? "complete" : "failed",
            Cancelled = failure is OperationCanceledException,
            ToolVersion = $"RescueKit {ProgramVersion.Number}",
            StartedAt = startedAt,
            FinishedAt = DateTimeOffset.UtcNow,
            Source = Plan.From.Path,
            Target = Plan.Onto.Path,
            ImageId = _files.ImageId,
            BytesWritten = failure is null ? Plan.BytesToWrite : 0,
            Partitions = Plan.Items,
            Warnings = warnings,
            Error = failure?.Message,
            ExitCode = failure is null ? ExitCodes.Done : ExitCodes.Of(failure),
        };
    }
}
