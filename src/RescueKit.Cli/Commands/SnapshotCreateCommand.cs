using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Cli.Output;
using RescueKit.Cli.Session;
using RescueKit.Disks;
using RescueKit.Engine;
using RescueKit.Engine.Hot;
using RescueKit.Model;
using RescueKit.Snapshots;

namespace RescueKit.Cli.Commands;

/// <summary>A snapshot that outlives the command.</summary>
internal sealed class SnapshotCreateCommand
{
    private readonly Argument<string[]> _volumes = new("VOLUME")
    {
        Description = "What to freeze, all at one instant: a mount point, a partition, a mapping below /dev/mapper, or a whole disk, which is all its volumes",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _store = HotOptions.Store(withHot: false);
    private readonly WriterOptions _writers = new(withHot: false);
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Build(CliHost host)
    {
        var c = new SnapshotCreateCommand();
        var command = new ExampleCommand("create", "Freeze volumes at one moment and keep them as they were, as read-only devices, until they are released",
            "rescuekit snapshot create / /srv",
            "rescuekit snapshot create /dev/sda --store /mnt/other",
            "rescuekit snapshot create /dev/vg0/data --json")
        {
            c._volumes, c._store, c._json,
        };
        foreach (var option in c._writers.All) command.Options.Add(option);
        command.SetAction(parse => host.Guard(parse, c._json, () => c.Execute(host, parse)));
        return command;
    }

    private int Execute(CliHost host, ParseResult parse)
    {
        var names = parse.GetRequiredValue(_volumes);
        var parts = names.SelectMany(LiveDisk.Named).DistinctBy(part => part.Device).ToList();
        var notes = new List<string>();
        var provider = SnapshotProviders.For(names, parse.GetValue(_store), notes);
        foreach (var part in parts.Where(part => part.IsSwap).ToList()) parts.Remove(part);
        if (parts.Count == 0) throw new UsageException($"{string.Join(", ", names)}: there is nothing to freeze", "volumes that are not in use can be read as they are");
        foreach (var part in parts)
        {
            if (Freezability.WhyNot(part, provider) is { } why) throw Freezability.CannotBeFrozen(part, why);
        }
        var volumes = parts.Select(part => part.Volume!).ToList();
        using var session = _writers.Read(parse, isHot: true, host.Terminal)!.Prepare(volumes);
        using var snapshot = provider.Take(volumes, session);
        session.Check();
        notes.AddRange(session.Report.Warnings);
        snapshot.Detach(session.Grade(snapshot));
        notes.AddRange(session.Complete(snapshot.Id, isSuccess: true));
        var made = SnapshotDocument.Of(SnapshotCommand.Find(snapshot.Id), notes);
        if (parse.GetValue(_json)) JsonOutput.Write(host.Terminal.Out, made);
        else SnapshotText.WriteNew(host.Terminal.Out, made);
        return ExitCodes.Done;
    }
}
