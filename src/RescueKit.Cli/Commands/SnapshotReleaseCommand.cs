using System.CommandLine;
using RescueKit.Cli.Arguments;
using RescueKit.Cli.Session;
using RescueKit.Disks;
using RescueKit.Engine;
using RescueKit.Model;
using RescueKit.Snapshots;

namespace RescueKit.Cli.Commands;

internal sealed class SnapshotReleaseCommand
{
    private readonly Argument<string?> _id = new("ID") { Description = "The snapshot to take away", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _all = new("--all") { Description = "All that 'snapshot create' has made" };
    private readonly Option<bool> _force = new("--force") { Description = "Also while it is mounted or open: who reads it gets errors from then on (one of LVM's stays readable, and goes with the next run once it is closed)" };

    public static Command Build(CliHost host)
    {
        var c = new SnapshotReleaseCommand();
        var command = new ExampleCommand("release", "Take snapshots away again; refused while one is mounted or open", "rescuekit snapshot release 1a2b3c4d", "rescuekit snapshot release --all")
        {
            c._id, c._all, c._force,
        };
        var json = CommonOptions.Json();
        command.SetAction(parse => host.Guard(parse, json, () => c.Execute(host.Terminal.Out, parse)));
        return command;
    }

    private int Execute(TextWriter to, ParseResult parse)
    {
        var (id, all) = (parse.GetValue(_id), parse.GetValue(_all));
        if (id is null == !all) throw new UsageException(all ? "an id goes without --all" : "ID is missing", "name one snapshot, or give --all");
        var book = new SnapshotBook();
        var wanted = id is null ? book.Read().Where(snapshot => snapshot.IsKept).ToList() : [SnapshotCommand.Find(id)];
        foreach (var snapshot in wanted) MayGo(snapshot, parse.GetValue(_force));
        foreach (var snapshot in wanted) to.WriteLine(book.Release(snapshot) ?? $"The snapshot {snapshot.Id} was removed.");
        if (wanted.Count == 0) to.WriteLine("There are no snapshots to release.");
        return ExitCodes.Done;
    }

    /// <exception cref="SafetyException">Somebody works with it.</exception>
    private static void MayGo(KeptSnapshot snapshot, bool force)
    {
        if (!snapshot.IsKept) throw new SafetyException($"the snapshot {snapshot.Id} belongs to a run that is reading it", "wait for its end, or end that run");
        if (force) return;
        foreach (var volume in snapshot.Volumes.Where(volume => volume.State.OpenCount > 0))
        {
            var uses = DiskInventory.Describe(volume.Device).Uses.Concat(Openers.Of(volume.Device)).ToList();
            throw new SafetyException($"{volume.Name} of the snapshot {snapshot.Id} ({volume.Device}) is in use: {(uses.Count > 0 ? string.Join("; ", uses) : "open, by whom does not show here")}",
                "unmount and close it first; or give --force, and whoever reads it gets errors (not of LVM's, which goes with the next run)");
        }
    }
}
