using System.Collections.Concurrent;
using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Engine.Sizes;
using RescueKit.Model;

namespace RescueKit.Agent.Sizes;

/// <summary>Shrinks copies of file systems by their own tools.</summary>
public sealed class DiskShrinker(IToolRunner tools) : IDiskShrinker
{
    public string? WhyNot(string fileSystem)
    {
        if (SizeTool.Of(fileSystem, tools) is not { CanShrink: true } tool) return "there is no tool that shrinks it";
        if (tool.MustBeMounted && !Environment.IsPrivilegedProcess) return "it is mounted for that, which needs root";
        if (ServedVolume.WhyNot(tools) is var (why, remedy)) return $"{why}: {remedy}";
        var missing = tool.Programs.Append((SfdiskTable.Program, SfdiskTable.Package)).FirstOrDefault(p => !tools.Has(p.Item1));
        return missing.Item1 is null ? null : $"the program {missing.Item1} is not on this system: apt install {missing.Item2}";
    }

    public long LeastLength(IBlockSource volume, string fileSystem, CancellationToken cancel) =>
        With(volume, view => SizeTool.Of(fileSystem, tools)!.LeastLength(view, volume.Name, cancel));

    public void Shrink(IBlockTarget volume, string fileSystem, long length, CancellationToken cancel) => With(volume, view =>
    {
        SizeTool.Of(fileSystem, tools)!.Shrink(view, length, cancel);
        return length;
    });

    public void MoveTable(string from, string onto, IReadOnlyDictionary<int, Extent> places) => SfdiskTable.Move(tools, from, onto, places);

    /// <summary>What could not be read or written below tells more than what the tool makes of it.</summary>
    private long With(IBlockSource volume, Func<string, long> use)
    {
        var failures = new ConcurrentQueue<string>();
        using var view = new ServedVolume(volume, volume is IBlockTarget, tools, failures.Enqueue);
        try
        {
            return use(view.Path);
        }
        catch (DeviceException e) when (failures.TryPeek(out var failure))
        {
            throw new DeviceException($"{failure}; {e.Message}", e.Remedy, e);
        }
    }
}
