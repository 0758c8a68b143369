using System.CommandLine;
using RescueKit.Snapshots.Freezing;

namespace RescueKit.Cli.Commands;

/// <summary>What this program starts itself as while it freezes a running system; see <see cref="SnapshotHelper"/>.</summary>
internal static class SnapshotCommand
{
    public static Command Build()
    {
        var role = new Argument<string>("ROLE") { Description = "The part that it plays" };
        role.AcceptOnlyFromAmong(SnapshotHelper.FreezerRole, SnapshotHelper.GuardianRole);
        var helper = new ExampleCommand("helper", "Used by rescuekit itself, for image create --hot", "rescuekit image create --hot /dev/sda /backup/web1.rki") { role };
        helper.SetAction(parse => SnapshotHelper.Run(parse.GetRequiredValue(role)));
        return new ExampleCommand("snapshot", "Used by rescuekit itself, for image create --hot", "rescuekit image create --hot /dev/sda /backup/web1.rki") { Hidden = true, Subcommands = { helper } };
    }
}
