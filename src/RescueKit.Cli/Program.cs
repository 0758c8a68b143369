using RescueKit.Cli;
using RescueKit.Cli.Errors;
using RescueKit.Cli.Session;
using RescueKit.Cli.Terminals;
using RescueKit.Engine;

var terminal = new SystemTerminal();
using var interruption = new Interruption(() =>
{
    terminal.RestoreEcho();
    terminal.Error.WriteLine("cancelled: nothing was written");
    Environment.Exit(ExitCodes.Cancelled);
});
try
{
    return CommandTree.Run(args, new CliHost(terminal, interruption, TimeProvider.System));
}
catch (Exception e)
{
    return ErrorReport.Print(terminal, e, json: false, "rescuekit --help");
}
