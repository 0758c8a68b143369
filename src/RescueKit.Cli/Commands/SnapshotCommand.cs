using System.CommandLine;
using RescueKit.Cli.Session;
using RescueKit.Model;
using RescueKit.Snapshots;
using RescueKit.Snapshots.Freezing;

namespace RescueKit.Cli.Commands;

/// <summary>Frozen volumes for other programs.</summary>
internal static class SnapshotCommand
{
    public static Command Build(CliHost host) => new ExampleCommand("snapshot", "Freeze volumes of a running system at one moment, and give them to other programs, read-only",
        "rescuekit snapshot create / /srv",
        "rescuekit snapshot list",
        "rescuekit snapshot mount 1a2b3c4d:1 /mnt",
        "rescuekit snapshot release 1a2b3c4d")
    {
        SnapshotCreateCommand.Build(host), SnapshotListCommand.Build(host), SnapshotMountCommand.Build(host), SnapshotReleaseCommand.Build(host), Helper(),
    };

    /// <exception cref="UsageException">There is none of that id.</exception>
    public static KeptSnapshot Find(string id) => new SnapshotBook().Read().FirstOrDefault(snapshot => snapshot.Id == id)
        ?? throw new UsageException($"there is no snapshot {id}", "those that there are: rescuekit snapshot list");

    /// <summary>What this program starts itself as while it freezes a running system; see <see cref="SnapshotHelper"/>.</summary>
    private static ExampleCommand Helper()
    {
        var role = new Argument<string>("ROLE") { Description = "The part that it plays" };
        role.AcceptOnlyFromAmong(SnapshotHelper.FreezerRole, SnapshotHelper.GuardianRole);
        var helper = new ExampleCommand("helper", "Used by rescuekit itself, for image create --hot", "rescuekit image create --hot /dev/sda /backup/web1.rki") { role };
        helper.Hidden = true;
        helper.SetAction(parse => SnapshotHelper.Run(parse.GetRequiredValue(role)));
        return helper;
    }
}
