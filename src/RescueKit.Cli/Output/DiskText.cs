using RescueKit.Cli.Json;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Output;

/// <summary>Disks and what is on them, short (`disk list`) and in full (`disk show`).</summary>
internal static class DiskText
{
    public static void WriteList(TextWriter to, IReadOnlyList<DiskDocument> disks)
    {
        if (disks.Count == 0) to.WriteLine("No disks found.");
        for (var i = 0; i < disks.Count; i++)
        {
            if (i > 0) to.WriteLine();
            WriteShort(to, disks[i]);
        }
    }

    public static void WriteFull(TextWriter to, DiskDocument disk)
    {
        to.WriteLine(Heading(disk));
        Field(to, "confirm_id", disk.ConfirmId);
        Field(to, "size", $"{Units.Size(disk.Length)} ({disk.Length} bytes)");
        Field(to, "model", disk.Model);
        Field(to, "serial", disk.Serial);
        Field(to, "WWN", disk.Wwn);
        Field(to, "bus", disk.Bus);
        Field(to, "port", disk.Port);
        Field(to, "sectors", $"{disk.LogicalSectorSize} bytes logical, {disk.PhysicalSectorSize} physical");
        Field(to, "state", string.Join(", ", States(disk)));
        foreach (var use in disk.Uses) Field(to, "in use", use);
        if (disk.Table is not null) Field(to, "table", TableName(disk) + (disk.DiskId is null ? "" : $", id {disk.DiskId}"));
        WriteNotes(to, disk);
        foreach (var partition in disk.Partitions) WritePartition(to, partition);
    }

    private static void WriteShort(TextWriter to, DiskDocument disk)
    {
        to.WriteLine(Heading(disk));
        var state = States(disk).ToList();
        if (state.Count > 0) to.WriteLine($"  {string.Join(", ", state)}");
        foreach (var use in disk.Uses) to.WriteLine($"  in use: {use}");
        WriteNotes(to, disk);
        if (disk.Partitions.Count == 0) return;
        var table = new Table("  ", "no", "file system", "label", "size", "used", "mounted at", "").Right(0, 3, 4);
        foreach (var p in disk.Partitions)
        {
            table.Row(p.Number == 0 ? "all" : $"{p.Number}", p.FileSystem, p.Label ?? p.Name, Units.Size(p.Length),
                p.UsedBytes is { } used ? Units.Size(used) : null, p.MountedAt, p.WholeReason is null ? " " : $"whole: {p.WholeReason}");
        }
        table.Write(to);
    }

    private static string Heading(DiskDocument disk)
    {
        List<string?> parts = [disk.Model, Units.Size(disk.Length), disk.Bus?.ToUpperInvariant(), $"id {disk.ConfirmId}", disk.Table is null ? null : TableName(disk)];
        return $"{disk.Path}  {string.Join("  ", parts.Where(p => !string.IsNullOrEmpty(p)))}";
    }

    private static IEnumerable<string> States(DiskDocument disk)
    {
        if (disk.SystemDisk) yield return "this system's own disk";
        if (disk.ReadOnly) yield return "read-only";
        if (disk.Removable) yield return "removable";
        if (disk.Rotational) yield return "rotating";
    }

    private static void WriteNotes(TextWriter to, DiskDocument disk)
    {
        foreach (var warning in disk.Warnings) to.WriteLine($"  warning: {warning}");
        if (disk.Error is not null) to.WriteLine($"  could not be looked into: {disk.Error}");
    }

    private static void WritePartition(TextWriter to, PartitionDocument p)
    {
        to.WriteLine();
        to.WriteLine(p.Number == 0 ? "  no partition table: the whole disk" : $"  partition {p.Number}");
        PartitionField(to, "where", $"offset {p.Offset}, {Units.Size(p.Length)} ({p.Length} bytes)");
        if (p.Number != 0) PartitionField(to, "type", p.TypeName is null ? p.Type : $"{p.TypeName} ({p.Type})");
        PartitionField(to, "id", p.Id);
        PartitionField(to, "name", p.Name);
        PartitionField(to, "file system", p.FileSystem);
        PartitionField(to, "label", p.Label);
        PartitionField(to, "UUID", p.Uuid);
        if (p.BlockSize > 0) PartitionField(to, "block size", $"{p.BlockSize} bytes");
        if (p.UsedBytes is { } used) PartitionField(to, "used", $"{Units.Size(used)} ({used} bytes)");
        if (p.WholeReason is not null) PartitionField(to, "imaged", $"whole: {p.WholeReason}");
        if (p.Hibernated) PartitionField(to, "state", "hibernated: an operating system lies suspended here");
        else if (p.Unclean) PartitionField(to, "state", "not cleanly unmounted");
        if (p.SetMember) PartitionField(to, "state", "member of a set: nothing may be restored onto it alone");
        PartitionField(to, "mounted at", p.MountedAt);
        foreach (var nested in p.Nested ?? []) WriteNested(to, nested);
        foreach (var warning in p.Warnings) to.WriteLine($"    warning: {warning}");
    }

    /// <summary>A line for each content of a volume inside a partition.</summary>
    private static void WriteNested(TextWriter to, NestedDocument nested)
    {
        foreach (var inner in nested.Partitions)
        {
            var name = inner.Number == 0 ? nested.Name : $"{nested.Name} partition {inner.Number}";
            var used = inner.WholeReason is null ? $"{Units.Size(inner.UsedBytes ?? inner.Length)} used of {Units.Size(inner.Length)}" : $"whole, {Units.Size(inner.Length)}: {inner.WholeReason}";
            PartitionField(to, "inside", $"{name}: {string.Join(", ", new[] { inner.FileSystem, inner.Label, used }.Where(part => part is not null))}");
            foreach (var deeper in inner.Nested ?? []) WriteNested(to, deeper);
        }
    }

    private static string TableName(DiskDocument disk) => disk.Table switch
    {
        "gpt" => "GPT",
        "mbr" => "MBR",
        _ => "no partition table",
    };

    private static void Field(TextWriter to, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) to.WriteLine($"  {name,-11} {value}");
    }

    private static void PartitionField(TextWriter to, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) to.WriteLine($"    {name,-11} {value}");
    }
}
