using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

/// <summary>A table's entry before it is known to be sane: start and length in bytes, as claimed, saturated to what fits.</summary>
internal sealed record TableEntry(int Number, long Start, long Length, string Type, string? TypeName, string? Id = null, string? Name = null)
{
    public ulong Attributes { get; init; }

    /// <summary>Why it can be no partition whatever its place; it still claims its bytes against other entries.</summary>
    public string? Refusal { get; init; }

    public long End => Length > long.MaxValue - Start ? long.MaxValue : Start + Length;
}
