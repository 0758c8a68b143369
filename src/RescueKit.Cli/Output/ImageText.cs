using RescueKit.Cli.Json;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Output;

/// <summary>`image info` for a person.</summary>
internal static class ImageText
{
    public static void Write(TextWriter to, ImageDocument image)
    {
        to.WriteLine($"{image.Path}: {(image.Complete ? "complete image" : "INCOMPLETE image")}{(image.Encrypted ? ", encrypted" : "")}");
        Field(to, "image id", image.ImageId.ToString());
        Field(to, "root digest", image.RootDigest);
        if (image.Parent is { } parent) Field(to, "parent", $"{parent.ImageId}, root digest {parent.RootDigest}");
        Field(to, "codec", image.Codec);
        if (image.ChunkSize is { } chunk) Field(to, "chunk size", Units.Size(chunk));
        WriteSizes(to, image);
        WriteParts(to, image);
        WriteTaken(to, image);
        WritePartitions(to, image);
        foreach (var warning in image.Warnings) to.WriteLine($"  warning: {warning}");
        foreach (var repair in image.Repairs) to.WriteLine($"  note: {repair}");
        if (!image.Opened) to.WriteLine("  The rest is encrypted: give --passphrase-file FILE or --passphrase-fd N to see it.");
        if (!image.Complete) WriteResume(to, image);
    }

    private static void WriteSizes(TextWriter to, ImageDocument image)
    {
        var ratio = image.UsedBytes > 0 && image.Complete
            ? FormattableString.Invariant($", {100.0 * image.StoredBytes / image.UsedBytes.Value:F1} % of the used bytes")
            : "";
        Field(to, "stored", $"{Units.Size(image.StoredBytes)}{ratio}");
        if (image.UsedBytes is { } used) Field(to, "used", Units.Size(used));
        if (image.UnreadableBytes > 0) Field(to, "UNREADABLE", $"{Units.Size(image.UnreadableBytes.Value)} could not be read from the disk");
        if (image.ExcludedBytes > 0) Field(to, "left out", $"{Units.Size(image.ExcludedBytes.Value)} on request");
    }

    private static void WriteParts(TextWriter to, ImageDocument image)
    {
        if (image.Parts.Count > 1)
        {
            foreach (var part in image.Parts) Field(to, "part", $"{part.Name}, {Units.Size(part.Length)}");
        }
        foreach (var missing in image.MissingParts) Field(to, "MISSING", $"part {missing}");
    }

    private static void WriteTaken(TextWriter to, ImageDocument image)
    {
        if (image.Disk is { } disk)
        {
            string?[] words = [disk.Name, disk.Model, Units.Size(disk.Length), disk.Serial is null ? null : $"serial {disk.Serial}", disk.Bus];
            Field(to, "disk", string.Join(", ", words.Where(w => !string.IsNullOrEmpty(w))));
            Field(to, "table", disk.DiskId is null ? disk.Table : $"{disk.Table}, id {disk.DiskId}");
            Field(to, "sectors", $"{disk.LogicalSectorSize} bytes logical, {disk.PhysicalSectorSize} physical");
        }
        if (image.Taken is not { } taken) return;
        var on = taken.Host is null ? "" : $" on {taken.Host}";
        Field(to, "taken", FormattableString.Invariant($"{taken.Kind}, {taken.Consistency}{(taken.Kind == "hot" ? "-consistent" : "")}, begun {taken.StartedAt.ToUniversalTime():yyyy-MM-dd HH:mm:ss} UTC{on}"));
        if (taken.Provider is not null) Field(to, "snapshot", taken.Provider);
        if (taken.FreezeSeconds is { } freeze) Field(to, "frozen", FormattableString.Invariant($"{freeze:F2} s"));
        if (taken is { QuietSeconds: { } waited, QuietReached: { } reached }) Field(to, "quiet", HotText.Quiet(waited, reached));
        if (taken.WriterResults.Count == 0 && taken.Writers.Count > 0) Field(to, "writers", string.Join(", ", taken.Writers));
        foreach (var writer in taken.WriterResults) Field(to, "writer", HotText.Writer(writer));
        foreach (var database in taken.Databases) Field(to, "UNFROZEN", HotText.Unfrozen(database));
        Field(to, "written by", image.Writer);
    }

    private static void WritePartitions(TextWriter to, ImageDocument image)
    {
        if (image.Partitions.Count == 0) return;
        to.WriteLine();
        var table = new Table("  ", "no", "file system", "label", "size", "imaged", "how").Right(0, 3, 4);
        foreach (var p in image.Partitions)
        {
            table.Row(p.Number == 0 ? "all" : $"{p.Number}", p.FileSystem, p.Label ?? p.Name, Units.Size(p.Length),
                p.Included ? Units.Size(p.UsedBytes) : null, How(p, image.Taken?.Consistency));
        }
        table.Write(to);
        foreach (var p in image.Partitions)
        {
            foreach (var warning in p.Warnings) to.WriteLine($"  partition {p.Number}: {warning}");
        }
    }

    /// <param name="overall">The image's consistency; partitions that differ from it say so.</param>
    private static string How(ImageVolumeDocument p, string? overall)
    {
        if (!p.Included) return "not in the image";
        var how = p.Whole ? "whole" + (p.WholeReason is null ? "" : $": {p.WholeReason}") : "used blocks";
        if (p.Consistency is { } consistency && consistency != overall) how += $" ({consistency}-consistent)";
        return p.Unclean ? $"{how} (not cleanly unmounted)" : how;
    }

    private static void WriteResume(TextWriter to, ImageDocument image)
    {
        to.WriteLine();
        if (image is { UsedBytes: { } used, DoneBytes: { } done })
            to.WriteLine($"  It was begun and not finished: {Units.DoneOf(Math.Min(done, used), used)} ({Units.Percent(done, used)} %) are stored.");
        else
            to.WriteLine("  It was begun and not finished.");
        to.WriteLine($"  To go on: rescuekit image create {image.Disk?.Name ?? "SOURCE"} {image.Path} --resume{(image.Encrypted ? " --encrypt" : "")}");
    }

    private static void Field(TextWriter to, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) to.WriteLine($"  {name,-11} {value}");
    }
}
