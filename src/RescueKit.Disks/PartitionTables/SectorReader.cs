using RescueKit.Model;

namespace RescueKit.Disks.PartitionTables;

/// <summary>Reads small pieces of a disk for the table readers; what is unreadable or outside is null, and said once.</summary>
internal sealed class SectorReader(IBlockSource disk)
{
    public long DiskLength => disk.Length;
    public List<string> Warnings { get; } = [];

    /// <exception cref="DeviceGoneException">A vanished disk is not a disk without a table.</exception>
    public byte[]? TryRead(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset > disk.Length - length) return null;
        var bytes = new byte[length];
        try
        {
            disk.Read(offset, bytes);
            return bytes;
        }
        catch (BlockReadException)
        {
            Warnings.Add($"{length} bytes at offset {offset}, where a partition table may lie, are unreadable.");
            return null;
        }
    }
}
