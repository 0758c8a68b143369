using System.Security.Cryptography;
using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

/// <summary>The ids that a copy of a partition table gets in place of the original's, in the same form.</summary>
/// <param name="Disk">As <see cref="DiskLayout.DiskId"/>; null where the table has none.</param>
/// <param name="Partitions">Of a GPT's partitions, by number.</param>
public sealed record TableIds(string? Disk, IReadOnlyDictionary<int, string> Partitions)
{
    /// <summary>Made up now.</summary>
    public static TableIds Another(DiskLayout layout) => new(
        layout.DiskId is null ? null : layout.Kind == PartitionTableKind.Gpt ? Guid.NewGuid().ToString() : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)),
        layout.Partitions.Where(p => p.Id is not null).ToDictionary(p => p.Number, _ => Guid.NewGuid().ToString()));
}
