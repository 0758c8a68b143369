using System.Buffers;
using RescueKit.Model;

namespace RescueKit.FileSystems.Fat;

/// <summary>The volume label: an entry of the root directory, which wins over the boot sector's copy, as in blkid and Windows.</summary>
internal static class FatLabel
{
    public const int Length = 11;

    private const int EntrySize = 32;
    private const byte VolumeId = 0x08, Directory = 0x10, AttributeMask = 0x3F, LongName = 0x0F;

    /// <summary>A label is nearly always the first entry; a root directory longer than this is not searched further.</summary>
    private const int SearchLimit = 64 << 10;

    public static string? Read(IBlockSource volume, FatBootSector boot)
    {
        var root = boot.RootCluster == 0 ? boot.FixedRoot : new Extent(boot.OffsetOf(boot.RootCluster), boot.ClusterSize);
        var length = (int)Math.Min(root.Length, SearchLimit);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var entries = buffer.AsSpan(0, length);
            volume.Read(root.Offset, entries);
            for (; entries.Length >= EntrySize && entries[0] != 0; entries = entries[EntrySize..])
            {
                var attributes = entries[11] & AttributeMask;
                var isLabel = attributes != LongName && (attributes & (VolumeId | Directory)) == VolumeId;
                if (isLabel && entries[0] != 0xE5) return Decode(entries[..Length]);
            }
            return boot.Label;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Null where blank. Labels are in an unknown OEM code page: what is not ASCII shows as U+FFFD.</summary>
    public static string? Decode(ReadOnlySpan<byte> bytes)
    {
        var text = string.Create(bytes.Length, bytes, static (chars, from) =>
        {
            for (var i = 0; i < chars.Length; i++) chars[i] = from[i] is >= 0x20 and < 0x7F ? (char)from[i] : '\uFFFD';
        }).TrimEnd();
        return text is "" or "NO NAME" ? null : text;
    }
}
