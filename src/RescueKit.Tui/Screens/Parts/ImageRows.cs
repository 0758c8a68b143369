using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Texts;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>A list of images, and what one of them tells.</summary>
internal static class ImageRows
{
    public static PickItem Item(FoundImage found) => new(found.Path,
        $"{found.Path} {found.Image?.Taken?.Host} {found.Image?.Disk?.Model} {found.Image?.Disk?.Serial}");

    public static IReadOnlyList<Block> Blocks(World world, Picker picker)
    {
        if (world.Images is not { } images) return [new Prose("The places are being searched for images…", 2)];
        if (images.Count == 0) return [new Prose("No images were found on any place. Attach the disk or share that holds one (Places), or browse (b).", 2)];
        var chosen = picker.Chosen(images, Item);
        var rows = picker.Visible(images, Item).Select(found => Row(world, found, found == chosen)).ToList();
        if (rows.Count == 0) return [.. picker.SearchLine, new Prose("No image matches the search.", 2)];
        return [.. picker.SearchLine, new Listing(rows, null, 3)];
    }

    /// <summary>In full, for a screen of its own.</summary>
    public static IReadOnlyList<Block> Details(ImageDocument image)
    {
        var blocks = new List<Block>();
        void Field(string name, string? value, Tone tone = Tone.Plain)
        {
            if (!string.IsNullOrEmpty(value)) blocks.Add(new Prose([new Piece(value, tone)], 1, $"{name,-11} "));
        }
        Field("image", image.Path);
        Field("state", image.Complete ? "complete" : "begun and not finished: it cannot be restored as a whole", image.Complete ? Tone.Plain : Tone.Look);
        if (image.Encrypted) Field("encrypted", image.Opened ? "yes, opened with its passphrase" : "yes: what is on the disk is told only with its passphrase");
        Field("taken", image.Taken is { } taken ? $"{Words.Taking(image)}, {Words.Date(taken.StartedAt)}{(taken.Host is null ? "" : $", on {taken.Host}")}" : null);
        if (image.Disk is { } disk)
            Field("disk", $"{disk.Model ?? disk.Name}  {Units.Size(disk.Length)}  serial {disk.Serial ?? "unknown"}  {disk.Table.ToUpperInvariant()}");
        Field("used", image.UsedBytes is { } used ? $"{Units.Size(used)}, stored in {Units.Size(image.StoredBytes)}" : Units.Size(image.StoredBytes) + " stored");
        if (image.UnreadableBytes > 0) Field("unreadable", $"{Units.Size(image.UnreadableBytes.Value)} of the disk could not be read", Tone.Look);
        if (image.MissingParts.Count > 0) Field("missing", $"parts {string.Join(", ", image.MissingParts)}", Tone.Lost);
        blocks.Add(Volumes(image));
        foreach (var sentence in image.Warnings.Concat(image.Repairs)) blocks.Add(new Prose([new Piece("! " + sentence, Tone.Look)], 1));
        return blocks;
    }

    private static Listing Volumes(ImageDocument image) => new(
        [.. image.Partitions.Select(v => new Row(
        [
            v.Number == 0 ? "all" : $"{v.Number}", v.Label ?? v.Name ?? v.TypeName ?? "", Units.Size(v.Length), v.FileSystem,
            v.Included ? $"{Units.Size(v.UsedBytes)} used" : "left out", v.WholeReason is { } reason ? $"whole: {reason}" : "",
        ], Marked: false))], [0, 2, 4], 5, 2);

    private static Row Row(World world, FoundImage found, bool chosen)
    {
        var place = world.Places?.FirstOrDefault(p => p.Id == found.PlaceId)?.Name ?? "";
        Line state = found switch
        {
            { Problem: not null } => [new Piece("! cannot be opened", Tone.Look)],
            { Image.Complete: false } => [new Piece("! not finished", Tone.Look)],
            { Image: { } image } => Words.Taking(image),
            _ => "",
        };
        IReadOnlyList<Block> below = chosen ? [new Prose([new Piece(About(found), Tone.Faint)], 4)] : [];
        return new Row([Words.ImageName(found), place, Words.Date(Words.Time(found)), state], chosen, found.Problem is null, below);
    }

    private static string About(FoundImage found) => found switch
    {
        { Problem: { } problem } => problem,
        { Image: { Disk: { } disk } image } => $"{(image.Taken?.Host is { } host ? $"{host}: " : "")}{disk.Model ?? disk.Name}, {Units.Size(disk.Length)}, "
            + $"{Units.Size(image.UsedBytes ?? 0)} used, stored in {Units.Size(image.StoredBytes)}",
        { Image: { Encrypted: true } image } => $"{Units.Size(image.StoredBytes)} stored; what is on the disk is told only with its passphrase",
        _ => found.Path,
    };
}
