using RescueKit.Agent.Sizes;
using RescueKit.Engine.Inspection;

namespace RescueKit.Tui.Screens.Parts;

/// <summary>A partition of a source, as far as its length matters. Bytes.</summary>
/// <param name="LeastBytes">What it takes at least on the target.</param>
internal readonly record struct SizedPartition(int Number, string? Name, string? FileSystem, long Length, long LeastBytes)
{
    public static SizedPartition Of(PartitionDocument p) => new(p.Number, Words.Partition(p), p.FileSystem, p.Length, Least(p.FileSystem, p.WholeReason, p.Length, p.UsedBytes));

    public static SizedPartition Of(ImageVolumeDocument p) => new(p.Number, p.Label ?? p.Name, p.FileSystem, p.Length, Least(p.FileSystem, p.WholeReason, p.Length, p.UsedBytes));

    private static long Least(string? fileSystem, string? whole, long length, long? used) => whole is null && Resizing.CanShrink(fileSystem) ? used ?? 0 : length;
}

/// <summary>What becomes of partitions on a target that is larger or smaller than their disk.</summary>
internal static class SizeQuestions
{
    private const string Grow = "grow";

    /// <summary>Below this there is nothing to gain: tables are aligned to it.</summary>
    private const long Least = 1 << 20;

    /// <summary>Whether any of them can be made shorter.</summary>
    public static bool CanShrink(IReadOnlyList<SizedPartition> partitions) => partitions.Any(p => p.LeastBytes < p.Length);

    /// <summary>Bytes that a target must have at least, where file systems may be shrunk; the plan knows exactly.</summary>
    public static long LeastLength(IReadOnlyList<SizedPartition> partitions) => partitions.Sum(p => p.LeastBytes);

    /// <param name="length">Of their disk, in bytes.</param>
    /// <param name="needs">Shown only while this holds.</param>
    /// <returns>Null where the target is not larger, or nothing could grow.</returns>
    public static Field? Growing(IReadOnlyList<SizedPartition> partitions, long length, DiskDocument target, Func<Form, bool>? needs = null)
    {
        var growable = partitions.Where(p => p.Number > 0 && Resizing.CanGrow(p.FileSystem)).ToList();
        return target.Length < length + Least || growable.Count == 0 ? null : Field.Choice(
            Grow, "Larger disk", ["nothing grows: what it has more stays free", .. growable.Select(p => $"{p.Number} {p.Name}, {p.FileSystem}, grows")],
            "What lies behind a partition that grows moves to the end.", needs);
    }

    /// <summary>The partition that was chosen to grow; null for none.</summary>
    public static int? Grown(Form form) =>
        form.Shown.FirstOrDefault(f => f.Id == Grow) is { Chosen: > 0 } field ? int.Parse(field.Choices[field.Chosen].Split(' ')[0]) : null;
}
