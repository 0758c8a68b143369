using RescueKit.Engine;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Output;

/// <summary>A plan as a person reads it before agreeing.</summary>
internal static class PlanText
{
    public static void Write(TextWriter to, RunPlan plan)
    {
        to.WriteLine($"Plan: {plan.Operation}");
        to.WriteLine($"  from  {Disk(plan.From)}");
        to.WriteLine($"  onto  {(plan.Operation is "backup" or "get" ? $"{plan.Onto.Path}, with {Units.Size(plan.Onto.Length)} free there" : Disk(plan.Onto))}");
        to.WriteLine();
        WriteItems(to, plan.Items);
        foreach (var item in plan.Items) WriteAlternative(to, item);
        foreach (var item in plan.Items.Where(i => i.SizeChange is not null)) to.WriteLine($"  partition {item.Number} {item.SizeChange}");
        to.WriteLine();
        to.WriteLine($"  to read {Units.Size(plan.BytesToRead)}{(plan.Operation == "restore" ? " as stored" : "")}, to write {(plan.Operation == "backup" ? "at most " : "")}{Units.Size(plan.BytesToWrite)}");
        if (plan.Lost.Count > 0)
        {
            to.WriteLine();
            to.WriteLine($"  LOST: what is on {plan.Onto.Path} now:");
            foreach (var lost in plan.Lost) to.WriteLine($"    {lost}");
        }
        else if (plan.Operation is not ("backup" or "get"))
        {
            to.WriteLine();
            to.WriteLine($"  LOST: nothing: no partition and no file system is known to be on {plan.Onto.Path}");
        }
        foreach (var warning in plan.Warnings) to.WriteLine($"  warning: {warning}");
        to.WriteLine();
    }

    private static void WriteItems(TextWriter to, IReadOnlyList<PlanItem> items)
    {
        var table = new Table("  ", "partition", "file system", "label", "size", "to copy", "how").Right(3, 4);
        foreach (var item in items)
        {
            table.Row(Number(item), item.FileSystem, item.Label, Units.Size(item.Length), Units.Size(item.Bytes),
                item.Reason is null ? item.How : $"{item.How}: {item.Reason}");
        }
        table.Write(to);
    }

    /// <summary>Both sizes of an unclean file system are said before anything starts.</summary>
    private static void WriteAlternative(TextWriter to, PlanItem item)
    {
        if (item.AlternativeBytes is not { } other) return;
        var choice = other < item.Bytes ? "used" : "whole";
        to.WriteLine($"  partition {item.Number} was not cleanly unmounted: {Units.Size(item.Bytes)} as planned, {Units.Size(other)} with --unclean {choice}");
    }

    private static string Disk(PlanDisk disk) => $"{disk.Path}: {disk.Description}, {Units.Size(disk.Length)}";

    private static string Number(PlanItem item) => item switch
    {
        { Number: null } => "-",
        { TargetNumber: { } target } when target != item.Number => $"{item.Number} -> {target}",
        _ => $"{item.Number}",
    };
}
