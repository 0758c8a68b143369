using System.Buffers;
using RescueKit.Model;

namespace RescueKit.FileSystems.Fat;

/// <summary>What a person should know of a FAT volume's tables, found in one pass over them.</summary>
internal static class FatSurvey
{
    private const int StepBytes = 48 << 10; // whole entries of 12, 16 and 32 bits

    public static IReadOnlyList<string> Warnings(IBlockSource volume, FatBootSector boot)
    {
        long bad = 0;
        var differ = false;
        var inUse = (boot.ClusterCount + 2L) * boot.EntryBits;
        var length = (inUse + 7) / 8;
        var buffer = ArrayPool<byte>.Shared.Rent(2 * StepBytes);
        try
        {
            for (long at = 0; at < length; at += StepBytes)
            {
                var step = (int)Math.Min(StepBytes, length - at);
                var first = buffer.AsSpan(0, step);
                ReadUnlessHole(volume, boot.FatOffset + at, first);
                bad += CountBad(first, boot.EntryBits, Math.Min(StepBytes * 8L, inUse - at * 8));
                if (boot.FatCount == 1 || differ) continue;
                var second = buffer.AsSpan(StepBytes, step);
                ReadUnlessHole(volume, boot.FatOffset + boot.FatLength + at, second);
                differ = !first.SequenceEqual(second);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        var warnings = new List<string>();
        if (differ) warnings.Add("The two FATs differ: a cluster counts as used where either of them says so.");
        if (bad > 0) warnings.Add($"{bad} clusters are marked bad: they are imaged as far as they can be read.");
        return warnings;
    }

    private static void ReadUnlessHole(IBlockSource volume, long offset, Span<byte> buffer)
    {
        if (volume.DataIn(new Extent(offset, buffer.Length)).IsEmpty) buffer.Clear();
        else volume.Read(offset, buffer);
    }

    private static long CountBad(ReadOnlySpan<byte> entries, int entryBits, long bits)
    {
        var count = (int)(bits / entryBits);
        long bad = 0;
        for (var i = 0; i < count; i++)
        {
            if (FatEntry.IsBad(entries, i, entryBits)) bad++;
        }
        return bad;
    }
}
