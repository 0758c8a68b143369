using System.Text;
using RescueKit.Cli.Terminals;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Cli.Session;

/// <summary>Writing over a disk needs its id, typed or given. There is no yes by default and none by waiting.</summary>
internal static class Confirmation
{
    /// <summary>What goes to <see cref="IRun.Execute"/>; null where nothing is overwritten and nothing was given.</summary>
    /// <exception cref="SafetyException">
    /// An id is needed, none was given, and there is no terminal to ask at; or the answer is another one (<see cref="RunPlan.IsConfirmedBy"/>).
    /// </exception>
    public static string? Obtain(RunPlan plan, string? given, ITerminal terminal)
    {
        if (plan.ConfirmId is not { } id)
        {
            return plan.IsConfirmedBy(given)
                ? given
                : throw new SafetyException($"--confirm {given} is not for {plan.Onto.Path}, which holds nothing yet: nothing was written",
                    "check which target is meant; a new file needs no --confirm");
        }
        if (given is null && !terminal.InputIsTerminal)
        {
            throw new SafetyException($"writing over {plan.Onto.Path} ({plan.Onto.Description}) has not been confirmed",
                $"make sure that it is the right disk, then give --confirm {id}");
        }
        var answer = given ?? Ask(plan, terminal);
        return plan.IsConfirmedBy(answer)
            ? answer
            : throw new SafetyException($"'{answer}' is not the id of {plan.Onto.Path}, which would be overwritten: nothing was written",
                $"'rescuekit disk show {plan.Onto.Path}' prints its confirm_id");
    }

    private static string Ask(RunPlan plan, ITerminal terminal)
    {
        var typed = terminal.Ask($"To overwrite {plan.Onto.Path}, type its id ({plan.ConfirmId}): ", echo: true);
        return typed is null ? "" : Encoding.UTF8.GetString(typed).Trim();
    }
}
