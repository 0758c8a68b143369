using System.Globalization;
using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>Disks, images and times as people read them: the same words on every screen.</summary>
internal static class Words
{
    public static string Date(DateTimeOffset at) => at.ToUniversalTime().ToString("d MMM yyyy HH:mm 'UTC'", CultureInfo.InvariantCulture);

    public static string Model(DiskDocument disk) => disk.Model is { Length: > 0 } model ? model.Trim() : disk.Kind;

    public static string Bus(DiskDocument disk) => (disk.Bus ?? "").ToUpperInvariant().Replace("NVME", "NVMe", StringComparison.Ordinal);

    /// <summary>Model, size, bus, serial suffix, node: never just the node.</summary>
    public static string Disk(DiskDocument disk)
    {
        string[] parts = [Model(disk), Units.Size(disk.Length), Bus(disk), $"…{disk.ConfirmId}", disk.Path];
        return string.Join("  ", parts.Where(p => p.Length > 0));
    }

    /// <summary>What is on it, shortly: "GPT: 3 partitions, ext4 "root", ext4 "home"".</summary>
    public static string Holds(DiskDocument disk)
    {
        if (disk.Error is { } error) return $"could not be looked into: {error}";
        var table = Table(disk);
        var volumes = disk.Partitions.Where(p => p.FileSystem is not null)
            .Select(p => p.FileSystem + (p.Label is { Length: > 0 } label ? $" \"{label}\"" : "")).ToList();
        return volumes.Count == 0 ? $"{table}, nothing recognised on it" : $"{table}: {string.Join(", ", volumes)}";
    }

    public static string Table(DiskDocument disk) => disk.Table switch
    {
        "gpt" => "GPT",
        "mbr" => "MBR",
        null => "",
        _ => "no partition table",
    };

    public static string Partition(PartitionDocument p) =>
        p.Label is { Length: > 0 } label ? label : p.Name is { Length: > 0 } name ? name : p.TypeName ?? p.Type;

    public static string Port(DiskDocument disk) => disk.Port is { Length: > 0 } port ? port : "unknown port";

    /// <summary>"hot, application-consistent"; "cold".</summary>
    public static string Taking(ImageDocument image) => image.Taken switch
    {
        null => image.Encrypted ? "encrypted" : "kind unknown",
        { Kind: "hot" } taken => $"hot, {taken.Consistency}-consistent",
        { } taken => taken.Kind,
    };

    /// <summary>When an image was taken; else when its file was last changed.</summary>
    public static DateTimeOffset Time(FoundImage found) => found.Image?.Taken?.StartedAt ?? found.ModifiedAt;

    public static string ImageName(FoundImage found) => Path.GetFileName(found.Path);

    public static string Place(Place place) => place.Error is { } error
        ? $"{place.Name}: {error}"
        : place.FreeBytes is { } free ? $"{place.Name} {Units.Size(free)} free" : place.Name;

    public static string Operation(Engine.RunPlan plan) => plan.Operation switch
    {
        "backup" => "Backup",
        "restore" => "Restore",
        "clone" => "Clone",
        "verify" => "Verify",
        "get" => "Get files",
        var other => other,
    };

    /// <summary>What a run does, in a line: "Restoring onto WDC WD10EZEX".</summary>
    public static string Doing(RunState run)
    {
        var (from, onto) = (Short(run.Plan.From), Short(run.Plan.Onto));
        return run.Plan.Operation switch
        {
            "backup" => $"Backing up {from}",
            "restore" => $"Restoring onto {onto}",
            "clone" => $"Cloning {from} onto {onto}",
            "verify" => $"Verifying {Path.GetFileName(run.Plan.From.Path)}",
            "get" => $"Getting files out of {Path.GetFileName(run.Plan.From.Path)}",
            var other => $"{other} of {from}",
        };
    }

    private static string Short(Engine.PlanDisk disk) => disk.Model is { Length: > 0 } model ? $"{model} ({disk.Path})" : disk.Path;

    public static string Count(int number, string one, string? many = null) => number == 1 ? $"1 {one}" : $"{number} {many ?? one + "s"}";
}
