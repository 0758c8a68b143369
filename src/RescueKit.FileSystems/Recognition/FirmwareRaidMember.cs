using System.Buffers.Binary;

namespace RescueKit.FileSystems.Recognition;

/// <summary>
/// Members of the RAIDs that mainboards and cheap controllers make: their metadata lies at the end of the disk, counted in sectors.
/// Places and marks as in dmraid's format handlers and libblkid.
/// </summary>
internal static class FirmwareRaidMember
{
    private const int Sector = 512;

    /// <summary>Smaller disks have no room for any of these.</summary>
    private const long Smallest = 256 << 10;

    private static readonly int[] PromiseSectors = [16, 63, 255, 256, 399, 591, 675, 735, 911, 951, 974, 991, 3087];

    public static Recognised? Find(VolumeBytes volume)
    {
        if (volume.Length < Smallest) return null;
        var name = Name(volume);
        return name is null ? null : new Recognised($"{name} member", $"it is a member of a firmware RAID ({name})") { IsSetMember = true, EndAnchored = true };
    }

    private static string? Name(VolumeBytes volume)
    {
        if (IsIntel(volume)) return "Intel RAID";
        if (IsDdf(volume)) return "DDF RAID";
        if (volume.Has(FromEnd(volume, 2), "NVIDIA"u8)) return "NVIDIA RAID";
        if (IsHighPoint(volume.UInt32(4608 + 32)) || IsHighPoint(volume.UInt32(FromEnd(volume, 11)))) return "HighPoint RAID";
        if (PromiseSectors.Any(sectors => volume.Has(FromEnd(volume, sectors), "Promise Technology, Inc."u8))) return "Promise RAID";

        var last = FromEnd(volume, 1);
        if (volume.Has(last, "$XIDE$"u8)) return "LSI MegaRAID";
        if (volume.UInt32BigEndian(last) == 0x37FC4D1E && volume.Has(last + 0x100, "DPTM"u8)) return "Adaptec RAID";
        var sector = volume.Take(last, Sector)!;
        if (IsSilicon(sector)) return "Silicon Image RAID";
        if (IsJMicron(sector)) return "JMicron RAID";
        return IsVia(sector) ? "VIA RAID" : null;
    }

    private static long FromEnd(VolumeBytes volume, int sectors, int sectorSize = Sector) => (volume.Length / sectorSize - sectors) * sectorSize;

    private static bool IsIntel(VolumeBytes volume) =>
        volume.Has(FromEnd(volume, 2), "Intel Raid ISM Cfg Sig. "u8) || volume.Has(FromEnd(volume, 2, 4096), "Intel Raid ISM Cfg Sig. "u8);

    /// <summary>SNIA's Disk Data Format: an anchor in the last sector, or 256 before it, in either byte order, that names a primary header.</summary>
    private static bool IsDdf(VolumeBytes volume)
    {
        const uint Mark = 0xDE11DE11;
        foreach (var sectors in new[] { 1, 257 })
        {
            var at = FromEnd(volume, sectors);
            var big = volume.UInt32BigEndian(at) == Mark;
            if (!big && volume.UInt32(at) != Mark) continue;
            var primary = volume.UInt64(at + 96);
            if (big) primary = BinaryPrimitives.ReverseEndianness(primary);
            if (primary < (ulong)(volume.Length / Sector) && volume.UInt32((long)primary * Sector) == volume.UInt32(at)) return true;
        }
        return false;
    }

    private static bool IsHighPoint(uint mark) => mark is 0x5A7816F0 or 0x5A7816F3 or 0x5A7816FD;

    private static bool IsSilicon(ReadOnlySpan<byte> sector)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(sector[0x60..]) != 0x2F000000 || sector[0x116] >= 8) return false;
        return (ushort)(Sum16(sector[..0x13E]) + BinaryPrimitives.ReadUInt16LittleEndian(sector[0x13E..])) == 0;
    }

    private static bool IsJMicron(ReadOnlySpan<byte> sector) => sector.StartsWith("JM"u8) && (ushort)Sum16(sector[..128]) is 0 or 1;

    private static bool IsVia(ReadOnlySpan<byte> sector)
    {
        if (sector[0] != 0x55 || sector[1] != 0xAA || sector[2] > 2) return false;
        byte sum = 0;
        foreach (var value in sector[..50]) sum += value;
        return sum == sector[50];
    }

    private static int Sum16(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        for (var i = 0; i < bytes.Length; i += 2) sum += BinaryPrimitives.ReadUInt16LittleEndian(bytes[i..]);
        return sum;
    }
}
