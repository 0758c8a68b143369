using RescueKit.Agent.Protocol;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Output;

/// <summary>LVM, RAID and LUKS, with what they lie on and what they give.</summary>
internal static class ContainerText
{
    public static void WriteList(TextWriter to, IReadOnlyList<Container> containers)
    {
        if (containers.Count == 0) to.WriteLine("No LVM, RAID or LUKS found.");
        for (var i = 0; i < containers.Count; i++)
        {
            if (i > 0) to.WriteLine();
            Write(to, containers[i]);
        }
    }

    public static void Write(TextWriter to, Container container)
    {
        to.WriteLine($"{container.Kind.ToString().ToUpperInvariant()} {container.Name}  {State(container)}");
        to.WriteLine($"  id  {container.Id}");
        to.WriteLine($"  on  {string.Join(", ", container.Members)}");
        if (container.Problem is { } problem) to.WriteLine($"  {(container.CanOpen ? "warning" : "cannot be opened")}: {problem}");
        if (container.Volumes.Count == 0) return;
        var table = new Table("  ", "volume", "node", "holds", "label", "size", "mounted at", "").Right(4);
        foreach (var volume in container.Volumes)
            table.Row(volume.Name, volume.Node, volume.FileSystem, volume.Label, Units.Size(volume.Length), volume.MountedAt, volume.Problem ?? " ");
        table.Write(to);
    }

    private static string State(Container container) => container switch
    {
        { IsOurs: true } => "open, read-only",
        { IsOpen: true } => "open, not by this host",
        _ => "closed",
    };
}
