using RescueKit.Cli.Json;
using RescueKit.Cli.Terminals;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Errors;

internal static class ErrorReport
{
    /// <summary>Prints an error for a person on standard error and, where asked for, as JSON on standard output.</summary>
    /// <param name="help">The command line that explains the command; the remedy of a usage error that has none of its own.</param>
    /// <param name="receipt">Of the run that failed; null where none had begun.</param>
    public static int Print(ITerminal terminal, Exception exception, bool json, string help, Receipt? receipt = null)
    {
        var error = ErrorInfo.Of(exception) with { Receipt = receipt };
        if (error is { ExitCode: ExitCodes.Usage, Remedy: null }) error = error with { Remedy = help };
        Print(terminal, error, json);
        if (Environment.GetEnvironmentVariable("RESCUEKIT_DEBUG") == "1") terminal.Error.WriteLine(exception.ToString());
        return error.ExitCode;
    }

    public static void Print(ITerminal terminal, ErrorInfo error, bool json)
    {
        terminal.Error.WriteLine($"error: {error.Error}");
        if (error.Remedy is not null) terminal.Error.WriteLine($"  try: {error.Remedy}");
        if (!json) return;
        try
        {
            JsonOutput.Write(terminal.Out, error);
        }
        catch (DeviceException)
        {
            // Standard output is what failed: the line on standard error and the exit code have to do.
        }
    }
}
