using RescueKit.Agent.Import;
using RescueKit.Agent.Tools;
using RescueKit.Cli.Progress;
using RescueKit.Engine;
using RescueKit.Engine.Texts;
using RescueKit.Model;

namespace RescueKit.Cli.Session;

/// <summary>Makes an image of what Clonezilla or partclone saved: it is unpacked first, and gone again at the end.</summary>
internal sealed class ImportedBackup(CliHost host, RunOptions options, ImportSource source, string? scratch)
{
    /// <returns>The exit code.</returns>
    public int Execute(BackupRequest request)
    {
        if (!host.IsAtCommandLine) throw new UsageException("what Clonezilla or partclone saved is imported at a command line only", $"rescuekit image create {request.Source} {request.Image}");
        if (options is { DryRun: true, Json: true }) throw new UsageException("the plan of an import is not known before all is unpacked", "leave --json or --dry-run out");
        if (request.Unlock is not null) throw new UsageException("--unlock opens partitions of disks, and this is none", "leave it out");
        var cancel = host.Interruption.BeginRun(); // from here on something is left to be taken away
        if (!options.DryRun) return host.Execute(options, () => Prepare(request, cancel));
        Runs.MustBePossible(request);
        using var import = Open(request, cancel);
        host.Terminal.Out.WriteLine(Describe(import));
        host.Terminal.Out.WriteLine("Dry run: nothing was written.");
        return ExitCodes.Done;
    }

    private IRun Prepare(BackupRequest request, CancellationToken cancel)
    {
        Runs.MustBePossible(request);
        using var import = Open(request, cancel);
        if (!options.Quiet) host.Terminal.Error.WriteLine(Describe(import));
        using var progress = options.Quiet ? null : new ProgressReporter(host.Terminal, host.Clock);
        var disk = import.Unpack(progress is null ? null : progress.Report);
        return Runs.Backup(request with { Partitions = request.Partitions is [] ? import.Partitions : request.Partitions, Notes = [.. request.Notes, .. import.Notes] }, disk);
    }

    private DiskImport Open(BackupRequest request, CancellationToken cancel) => new(source, request.Image, scratch, request.Partitions, new ToolRunner(), cancel);

    private static string Describe(DiskImport import) =>
        $"{import.Name}: a disk of {Units.Size(import.Length)}; to be unpacked into {import.Scratch} for as long as the run takes: up to {Units.Size(import.SpaceNeeded)}"
        + (import.SpaceFree is { } free ? $", {Units.Size(free)} free" : "");
}
