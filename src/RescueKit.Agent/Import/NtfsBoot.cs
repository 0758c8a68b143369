using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>
/// NTFS keeps a second boot sector behind its last cluster, which no bitmap covers and partclone does not keep. Source: NTFS-3G's layout.h, NTFS_BOOT_SECTOR.
/// </summary>
internal static class NtfsBoot
{
    private const int Sector = 512;
    private const int SectorSizeAt = 0x0b;
    private const int SectorCountAt = 0x28;

    /// <summary>Makes it anew from the first one, where there is nothing in its place. Does nothing to other file systems.</summary>
    /// <param name="write">Puts bytes at an offset of the volume.</param>
    public static void MakeSecond(IBlockSource volume, Action<long, byte[]> write)
    {
        if (volume.Length < 2 * Sector) return;
        var boot = new byte[Sector];
        volume.Read(0, boot);
        if (!boot.AsSpan(3).StartsWith("NTFS    "u8) || BinaryPrimitives.ReadUInt16LittleEndian(boot.AsSpan(SectorSizeAt)) != Sector) return;
        var sectors = BinaryPrimitives.ReadInt64LittleEndian(boot.AsSpan(SectorCountAt));
        if (sectors <= 0 || sectors > volume.Length / Sector - 1) return;
        var second = new byte[Sector];
        volume.Read(sectors * Sector, second);
        if (!second.AsSpan().ContainsAnyExcept((byte)0)) write(sectors * Sector, boot);
    }
}
