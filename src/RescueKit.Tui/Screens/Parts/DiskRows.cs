using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>A list of disks; what is on the chosen one is shown below it.</summary>
internal static class DiskRows
{
    public static PickItem Item(DiskDocument disk) => new(disk.Path, string.Join(' ',
        new[] { disk.Model, disk.Serial, disk.ConfirmId, disk.Path, disk.Bus }.Concat(disk.Partitions.SelectMany(p => new[] { p.Label, p.Name, p.FileSystem }))));

    /// <param name="refusal">Why a disk cannot be chosen here; null where it can.</param>
    public static IReadOnlyList<Block> Blocks(World world, Picker picker, Func<DiskDocument, string?> refusal)
    {
        if (world.Disks is not { } disks) return [new Prose("The disks are being looked into…", 2)];
        if (disks.Count == 0) return [new Prose("No disks were found. Is the controller's driver there? The log tells what the kernel found.", 2)];
        var chosen = picker.Chosen(disks, Item);
        var rows = picker.Visible(disks, Item).Select(disk => Row(world, disk, disk == chosen, refusal(disk))).ToList();
        if (rows.Count == 0) return [.. picker.SearchLine, new Prose("No disk matches the search.", 2)];
        return [.. picker.SearchLine, new Listing(rows, [1], 0)];
    }

    public static Listing Partitions(DiskDocument disk, int indent) => new(
        [.. disk.Partitions.Select(p => new Row(
        [
            p.Number == 0 ? "all" : $"{p.Number}", Words.Partition(p), Units.Size(p.Length), p.FileSystem ?? "unknown",
            p.UsedBytes is { } used ? $"{Units.Size(used)} used" : "", Note(p),
        ], Marked: false))], [0, 2, 4], 5, indent);

    private static Row Row(World world, DiskDocument disk, bool chosen, string? refusal)
    {
        var note = Note(world, disk, refusal);
        IReadOnlyList<Block> below = chosen
            ? [new DiskMap(disk, 4), Partitions(disk, 4), new Prose([new Piece(About(disk), Tone.Faint)], 4), .. Warnings(disk), .. Refused(refusal)]
            : [];
        return new Row([Words.Model(disk), Units.Size(disk.Length), Words.Bus(disk), $"…{disk.ConfirmId}", disk.Path, note], chosen, refusal is null, below);
    }

    /// <summary>What the row may have had no room for.</summary>
    private static string About(DiskDocument disk) =>
        $"{Words.Model(disk)}, serial {disk.Serial ?? "unknown"}, {Words.Port(disk)} · {(disk.Partitions.Count == 0 || disk.Error is not null ? Words.Holds(disk) : Words.Table(disk))}";

    private static IEnumerable<Block> Refused(string? refusal)
    {
        if (refusal is not null) yield return new Prose($"cannot be chosen here: {refusal}", 4);
    }

    private static IEnumerable<Block> Warnings(DiskDocument disk) => disk.Warnings.Select(w => new Prose([new Piece("! " + w, Tone.Look)], 4));

    private static Line Note(World world, DiskDocument disk, string? refusal)
    {
        if (refusal is not null) return [new Piece(refusal, Tone.Faint)];
        if (disk.Path == world.Machine?.StickDisk) return "this stick";
        if (disk.Error is not null) return [new Piece("! cannot be read", Tone.Look)];
        if (disk.Warnings.Count > 0) return [new Piece($"! {Words.Count(disk.Warnings.Count, "warning")}", Tone.Look)];
        return disk.SystemDisk ? "this system's own disk" : disk.ReadOnly ? "read-only" : Words.Table(disk);
    }

    private static Line Note(PartitionDocument p)
    {
        if (p.MountedAt is { } folder) return $"mounted at {folder}";
        if (p.Hibernated) return [new Piece("! hibernated", Tone.Look)];
        if (p.WholeReason is { } reason) return [new Piece($"! whole: {reason}", Tone.Look)];
        return p.Warnings.Count > 0 ? [new Piece("! " + p.Warnings[0], Tone.Look)] : "";
    }
}
