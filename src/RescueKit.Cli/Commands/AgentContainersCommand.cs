using System.CommandLine;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;

namespace RescueKit.Cli.Commands;

/// <summary>LVM, RAID and LUKS on the host's machine: listed, opened read-only, closed.</summary>
internal static class AgentContainersCommand
{
    public static IEnumerable<Command> Build(CliHost host) => [BuildList(host), BuildOpen(host), BuildClose(host)];

    private static ExampleCommand BuildList(CliHost host)
    {
        var (socket, json) = (AgentCommand.Socket(), CommonOptions.Json());
        var command = new ExampleCommand("containers", "List LVM volume groups, RAID arrays and LUKS encryptions, open or not",
            "rescuekit agent containers", "rescuekit agent containers --json | jq '.containers[].id'")
        {
            socket, json,
        };
        command.SetAction(parse => host.Guard(parse, json, () => AgentCommand.Ask(host, parse.GetRequiredValue(socket), async (client, cancel) =>
        {
            var containers = await client.GetContainersAsync(cancel).ConfigureAwait(false);
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, new ContainerListDocument(containers));
            else ContainerText.WriteList(host.Terminal.Out, containers);
        })));
        return command;
    }

    private static ExampleCommand BuildOpen(CliHost host)
    {
        var (socket, json, container) = (AgentCommand.Socket(), CommonOptions.Json(), Container());
        var (file, descriptor) = (CommonOptions.PassphraseFile(), CommonOptions.PassphraseDescriptor());
        var command = new ExampleCommand("open",
            "Open one read-only, so that nothing is written to the disks below it; what is inside it is listed then. Its volumes can be attached as places",
            "rescuekit agent open vg0", "rescuekit agent open /dev/sda3 --passphrase-file /tmp/passphrase")
        {
            container, socket, file, descriptor, json,
        };
        command.SetAction(parse => host.Guard(parse, json, () => AgentCommand.Ask(host, parse.GetRequiredValue(socket), async (client, cancel) =>
        {
            var id = parse.GetRequiredValue(container);
            var passphrase = CommonOptions.Passphrase(parse, host.Terminal, file, descriptor);
            var isLuks = (await client.GetContainersAsync(cancel).ConfigureAwait(false))
                .Any(known => known is { Kind: ContainerKind.Luks, IsOpen: false } && (known.Id == id || known.Name == id || known.Members.Contains(id)));
            var opened = await client.OpenContainerAsync(id, isLuks ? Text(passphrase.Get()) : null, cancel).ConfigureAwait(false);
            if (parse.GetValue(json)) JsonOutput.Write(host.Terminal.Out, opened);
            else ContainerText.Write(host.Terminal.Out, opened);
        })));
        return command;
    }

    private static ExampleCommand BuildClose(CliHost host)
    {
        var (socket, json, container) = (AgentCommand.Socket(), CommonOptions.Json(), Container());
        var command = new ExampleCommand("close", "Close one that the host has opened; refused while something of it is in use", "rescuekit agent close vg0")
        {
            container, socket,
        };
        command.SetAction(parse => host.Guard(parse, json, () => AgentCommand.Ask(host, parse.GetRequiredValue(socket),
            (client, cancel) => client.CloseContainerAsync(parse.GetRequiredValue(container), cancel))));
        return command;
    }

    private static Argument<string> Container() => new("ID") { Description = "Its id, its name, or the node of a device that it lies on, as 'agent containers' shows them" };

    private static string Text(ReadOnlyMemory<byte> passphrase) => System.Text.Encoding.UTF8.GetString(passphrase.Span);
}
