using RescueKit.Agent.Protocol;
using RescueKit.Engine.Texts;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>A line of the list of containers: a container, or one of its volumes.</summary>
internal sealed record ContainerEntry(Container Container, ContainerVolume? Volume);

/// <summary>A list of containers, each with its volumes below it.</summary>
internal static class ContainerRows
{
    private const string Volumes = "   ";

    public static string Name(Container container) => $"{Kind(container)} {container.Name}";

    public static IReadOnlyList<ContainerEntry> Entries(World world) =>
        [.. (world.Containers ?? []).SelectMany(c => c.Volumes.Select(v => new ContainerEntry(c, v)).Prepend(new ContainerEntry(c, null)))];

    public static PickItem Item(ContainerEntry entry) => entry.Volume is { } volume
        ? new($"{entry.Container.Id} {volume.Name}", $"{volume.Name} {volume.Node} {volume.FileSystem} {volume.Label}")
        : new(entry.Container.Id, $"{Name(entry.Container)} {string.Join(' ', entry.Container.Members)}");

    public static IReadOnlyList<Block> Blocks(World world, Picker picker)
    {
        if (world.Containers is null) return [new Prose("The disks are being looked into…", 2)];
        var entries = Entries(world);
        if (entries.Count == 0) return [new Prose("There is no LVM, RAID or LUKS on the disks of this machine.", 2)];
        var chosen = picker.Chosen(entries, Item);
        var rows = picker.Visible(entries, Item).Select(e => e.Volume is { } volume ? Row(volume, e == chosen) : Row(e.Container, e == chosen)).ToList();
        if (rows.Count == 0) return [.. picker.SearchLine, new Prose("Nothing matches the search.", 2)];
        return [.. picker.SearchLine, new Listing(rows, [2], 0)];
    }

    private static string Kind(Container container) => container.Kind.ToString().ToUpperInvariant();

    private static Row Row(Container container, bool chosen)
    {
        var below = new List<Block> { new Prose([new Piece($"on {string.Join(", ", container.Members)}", Tone.Faint)], 4) };
        if (container.Problem is { } problem) below.Add(new Prose([new Piece("! " + problem, Tone.Look)], 4));
        Line state = container switch
        {
            { IsOurs: true, Problem: not null } => [new Piece("! open, read-only", Tone.Look)],
            { IsOurs: true } => "open, read-only",
            { IsOpen: true } => "open, not by RescueKit",
            { CanOpen: false } => [new Piece("cannot be opened", Tone.Look)],
            { Problem: not null } => [new Piece("! closed", Tone.Look)],
            _ => "closed",
        };
        return new Row([Name(container), state, "", ""], chosen, Below: chosen ? below : null);
    }

    private static Row Row(ContainerVolume volume, bool chosen)
    {
        Line note = volume switch
        {
            { MountedAt: not null } => "mounted",
            { Problem: not null } => [new Piece("! not opened", Tone.Look)],
            _ => "",
        };
        return new Row([Volumes + Title(volume), volume.FileSystem ?? (volume.Node is null ? "" : "unknown"), Units.Size(volume.Length), note], chosen, volume.Node is not null,
            chosen ? [new Prose([new Piece(About(volume), Tone.Faint)], 4)] : null);
    }

    private static string Title(ContainerVolume volume) => volume.Label is { Length: > 0 } label && label != volume.Name ? $"{volume.Name} \"{label}\"" : volume.Name;

    private static string About(ContainerVolume volume) => volume switch
    {
        { MountedAt: { } point } => $"{volume.Node}, mounted at {point}",
        { Node: { } node } => node,
        { Problem: { } problem } => $"not opened: {problem}",
        _ => "shown when it is open",
    };
}
