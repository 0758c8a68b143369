using System.Globalization;

namespace RescueKit.Agent.Machine;

/// <summary>Device nodes of partitions as the kernel names them (block/partitions/core.c): sda1, nvme0n1p1.</summary>
internal static class PartitionNodes
{
    /// <param name="number">0 for the whole disk.</param>
    public static string Of(string disk, int number) =>
        number == 0 ? disk : string.Create(CultureInfo.InvariantCulture, $"{disk}{(char.IsAsciiDigit(disk[^1]) ? "p" : "")}{number}");
}
