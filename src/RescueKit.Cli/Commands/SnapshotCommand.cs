using System.CommandLine;
using RescueKit.Cli.Session;
using RescueKit.Snapshots.Freezing;

namespace RescueKit.Cli.Commands;

/// <summary>Snapshots for other programs.</summary>
internal static class SnapshotCommand
{
    public static Command Build(CliHost host) => new ExampleCommand("snapshot", "Freeze the volumes of a running system at one instant, for other programs to read",
        "rescuekit snapshot create /dev/sda")
    {
        BuildHelper(),
    };

    /// <summary>What this program starts itself as while it freezes; see <see cref="SnapshotHelper"/>.</summary>
    private static Command BuildHelper()
    {
        var role = new Argument<string>("ROLE");
        role.AcceptOnlyFromAmong(SnapshotHelper.FreezerRole, SnapshotHelper.GuardianRole);
        var command = new Command("helper", "Used by rescuekit itself") { role };
        command.Hidden = true;
        command.SetAction(parse => SnapshotHelper.Run(parse.GetRequiredValue(role)));
        return command;
    }
}
