using System.Buffers.Binary;
using RescueKit.FileSystems.Recognition;
using RescueKit.Model;

namespace RescueKit.FileSystems.Md;

/// <summary>
/// A member of Linux software RAID, as its superblock tells it. Source: include/uapi/linux/raid/md_p.h; version 0.90 lies in the last aligned 64 KiB, 1.0 8 KiB
/// before the end, 1.1 at the start, 1.2 at 4 KiB.
/// </summary>
/// <param name="Version">Of the metadata, for example "1.2".</param>
/// <param name="Level">1 for a mirror; negative for what is no RAID (linear, multipath).</param>
/// <param name="Data">What of the volume the array has; of a mirror, the array itself.</param>
/// <param name="Doubt">Why the data cannot be taken for the array's, or null.</param>
internal sealed record MdMember(string Version, int Level, Extent Data, string? Doubt)
{
    private const uint Magic = 0xA92B4EFC;
    private const long Reserved = 64 << 10, Sector = 512;
    private const int Words090 = 1024, Header1 = 256, MostRoles = 1920, Spare = 0xFFFE;

    /// <summary>Features of version 1 that leave a mirror's data where they are: a bitmap of regions that were written.</summary>
    private const uint KnownFeatures = 0x1;

    /// <summary>An array on whole disks begins at their start, up to the rounding to chunks; one in a partition begins later.</summary>
    private const long LargestChunkRounding = 1 << 20;

    public string? Uuid { get; init; }
    public string? Label { get; init; }
    public bool EndAnchored => Version is "0.90" or "1.0";

    public Recognised Named => new("md RAID member", $"it is a member of a Linux RAID (metadata {Version})") { Uuid = Uuid, Label = Label, IsSetMember = true, EndAnchored = EndAnchored };

    public static MdMember? Find(VolumeBytes volume)
    {
        var end10 = volume.Length / 4096 * 4096 - 8192;
        return Version090(volume)
            ?? Version1(volume, end10, "1.0")
            ?? Version1(volume, 0, "1.1")
            ?? Version1(volume, 4096, "1.2");
    }

    private static MdMember? Version090(VolumeBytes volume)
    {
        var at = volume.Length / Reserved * Reserved - Reserved;
        if (at < 0 || volume.Take(at, Words090 * 4) is not { } bytes) return null;
        var swapped = BinaryPrimitives.ReadUInt32BigEndian(bytes) == Magic;
        if (!swapped && Word(0) != Magic) return null;
        var size = Word(8) * 1024L;
        if (Word(1) != 0 || size > at) return null;
        // The last partition's superblock can lie where the whole disk's would: its array begins where the partition does.
        if (size != 0 && at - size >= LargestChunkRounding) return null;
        var uuid = $"{Word(5):x8}{Word(13):x8}{Word(14):x8}{Word(15):x8}";
        return new MdMember("0.90", (int)Word(7), new Extent(0, size), Doubt()) { Uuid = Guid.ParseExact(uuid, "N").ToString() };

        uint Word(int index) => swapped ? BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(index * 4)) : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(index * 4));

        string? Doubt()
        {
            const int ChecksumAt = 38, MinorAt = 2, StateOfThisDisk = 996;
            const uint PlainMinor = 90, ActiveAndInSync = 0x6, Faulty = 0x1;
            var sum = 0UL;
            for (var i = 0; i < Words090; i++) sum += i == ChecksumAt ? 0 : Word(i);
            if ((uint)((sum & uint.MaxValue) + (sum >> 32)) != Word(ChecksumAt)) return "its superblock does not match its checksum";
            if (Word(MinorAt) != PlainMinor) return "it is being reshaped";
            var state = Word(StateOfThisDisk);
            return (state & ActiveAndInSync) == ActiveAndInSync && (state & Faulty) == 0 ? null : "it is a spare, or not in step with the others";
        }
    }

    private static MdMember? Version1(VolumeBytes volume, long at, string version)
    {
        if (volume.UInt32(at) != Magic || volume.UInt32(at + 4) != 1 || volume.UInt64(at + 144) != (ulong)(at / Sector)) return null;
        var (offset, dataSize, size) = (volume.UInt64(at + 128), volume.UInt64(at + 136), volume.UInt64(at + 80));
        var fits = offset <= (ulong)(volume.Length / Sector) && size <= dataSize && dataSize <= (ulong)(volume.Length / Sector) - offset;
        var data = fits ? new Extent((long)offset * Sector, (long)size * Sector) : default;
        return new MdMember(version, (int)volume.UInt32(at + 72), data, fits ? Doubt() : "its data do not fit it")
        {
            Uuid = volume.Uuid(at + 16),
            Label = volume.Text(at + 32, 32),
        };

        string? Doubt()
        {
            var roles = volume.UInt32(at + 220);
            if (roles > MostRoles || volume.Take(at, Header1 + (int)roles * 2) is not { } bytes) return "its superblock is cut off";
            var stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(216));
            bytes.AsSpan(216, 4).Clear();
            var sum = 0UL;
            var i = 0;
            for (; i + 4 <= bytes.Length; i += 4) sum += BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i));
            if (i < bytes.Length) sum += BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i));
            if ((uint)((sum & uint.MaxValue) + (sum >> 32)) != stored) return "its superblock does not match its checksum";
            if ((volume.UInt32(at + 8) & ~KnownFeatures) is not 0 and var features) return $"it is being rebuilt or reshaped, or has bad blocks or a journal (features 0x{features:X})";
            var own = volume.UInt32(at + 160);
            var role = own < roles ? volume.UInt16(at + Header1 + own * 2) : ushort.MaxValue;
            return role < Spare && role < volume.UInt32(at + 92) ? null : "it is a spare, or not in step with the others";
        }
    }
}
