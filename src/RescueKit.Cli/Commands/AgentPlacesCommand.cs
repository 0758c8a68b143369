using System.CommandLine;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Model;

namespace RescueKit.Cli.Commands;

/// <summary>Partitions and opened volumes as places of the host, for scripts: always for reading only.</summary>
internal static class AgentPlacesCommand
{
    public static IEnumerable<Command> Build(CliHost host) => [BuildAttach(host), BuildDetach(host)];

    private static ExampleCommand BuildAttach(CliHost host)
    {
        var (socket, node, json) = (AgentCommand.Socket(), Node(), CommonOptions.Json());
        var command = new ExampleCommand("attach", "Mount a partition, or a volume of what was opened, for reading only: no journal is replayed. Prints the folder",
            "rescuekit agent attach /dev/sda1", "rescuekit agent attach /dev/mapper/vg0-root")
        {
            node, socket,
        };
        command.SetAction(parse => host.Guard(parse, json, () => AgentCommand.Ask(host, parse.GetRequiredValue(socket), async (client, cancel) =>
        {
            var place = await client.AttachAsync(new PlaceRequest { Kind = PlaceKind.Partition, Address = parse.GetRequiredValue(node) }, cancel).ConfigureAwait(false);
            host.Terminal.Out.WriteLine(place.Path);
        })));
        return command;
    }

    private static ExampleCommand BuildDetach(CliHost host)
    {
        var (socket, node, json) = (AgentCommand.Socket(), Node(), CommonOptions.Json());
        var command = new ExampleCommand("detach", "Unmount what was attached", "rescuekit agent detach /dev/sda1")
        {
            node, socket,
        };
        command.SetAction(parse => host.Guard(parse, json, () => AgentCommand.Ask(host, parse.GetRequiredValue(socket), async (client, cancel) =>
        {
            var name = parse.GetRequiredValue(node);
            var places = await client.GetPlacesAsync(cancel).ConfigureAwait(false);
            var place = places.FirstOrDefault(place => place.Name == name) ?? throw new UsageException($"{name} is not attached", "give the node that it was attached by");
            await client.DetachAsync(place.Id, cancel).ConfigureAwait(false);
        })));
        return command;
    }

    private static Argument<string> Node() => new("NODE") { Description = "The device's node, as /dev/sda1 or /dev/mapper/vg0-root" };
}
