using RescueKit.Agent.Protocol;
using RescueKit.Engine.Texts;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>A list of places.</summary>
internal static class PlaceRows
{
    private static readonly string[] Between = ["/dev/dm-", "/dev/md", "/dev/loop"];

    public static PickItem Item(Place place) => new(place.Id, $"{place.Name} {place.Path} {place.FileSystem}");

    /// <summary>Why no image of a disk can be put there; null where one can.</summary>
    public static string? NotForImagesOf(Place place, string? disk) => place switch
    {
        { Error: { } error } => error,
        { ReadOnly: true } => "read-only",
        _ when disk is not null && (place.Disk == disk || place.Disks.Contains(disk)) => "on the disk that is backed up",
        _ => null,
    };

    public static IReadOnlyList<Block> Blocks(World world, Picker picker, Func<Place, string?> refusal)
    {
        if (world.Places is not { } places) return [new Prose("The places are being looked at…", 2)];
        if (places.Count == 0) return [new Prose("No place is attached. With a, a partition or a share can be.", 2)];
        var chosen = picker.Chosen(places, Item);
        var rows = picker.Visible(places, Item).Select(p => Row(p, p == chosen, refusal(p))).ToList();
        if (rows.Count == 0) return [.. picker.SearchLine, new Prose("No place matches the search.", 2)];
        return [.. picker.SearchLine, new Listing(rows, [2], 0)];
    }

    /// <summary>The disks that a person knows; what LVM, RAID and LUKS put between is only shown where nothing else is.</summary>
    private static string Below(Place place)
    {
        var disks = place.Disks.Where(d => d.StartsWith("/dev/", StringComparison.Ordinal) && !Between.Any(b => d.StartsWith(b, StringComparison.Ordinal))).ToList();
        if (disks.Count > 0) return $"on {string.Join(", ", disks)}";
        return place.Disk is { } disk ? $"on {disk}" : "";
    }

    private static Row Row(Place place, bool chosen, string? refusal)
    {
        Line note = refusal is not null ? [new Piece(refusal, Tone.Faint)] : place.ReadOnly ? "read-only" : "";
        var about = string.Join("  ", new[] { place.Path, Below(place), place.Error ?? "" }.Where(t => t.Length > 0));
        return new Row([place.Name, place.FileSystem ?? $"{place.Kind}".ToUpperInvariant(), place.FreeBytes is { } free ? $"{Units.Size(free)} free" : "", note],
            chosen, refusal is null, chosen ? [new Prose([new Piece(about, Tone.Faint)], 4)] : null);
    }
}
