using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.FileSystems.Lvm;

/// <summary>
/// The label of a physical volume: who it is, and where its metadata areas lie. Source: lvm2 lib/label/label.h (struct label_header) and lib/format_text/layout.h
/// (struct pv_header).
/// </summary>
internal sealed record LvmLabel(string Id, ulong Size, IReadOnlyList<Extent> MetadataAreas)
{
    private const int Sector = 512, Sectors = 4, ContentsAt = 32, MostAreas = 8;

    /// <summary>Where it lies, in one of the first four sectors, or null.</summary>
    public static long? Find(IBlockSource volume)
    {
        Span<byte> sector = stackalloc byte[Sector];
        for (var at = 0L; at < Sectors * Sector && at + Sector <= volume.Length; at += Sector)
        {
            volume.Read(at, sector);
            if (sector.StartsWith("LABELONE"u8) && BinaryPrimitives.ReadUInt64LittleEndian(sector[8..]) == (ulong)(at / Sector) && sector[24..].StartsWith("LVM2 001"u8)) return at;
        }
        return null;
    }

    /// <summary>Its UUID with dashes, read from the label without any check; for a name.</summary>
    public static string IdAt(IBlockSource volume, long at)
    {
        var id = new byte[32];
        volume.Read(at + ContentsAt, id);
        return Dashed(Encoding.ASCII.GetString(id));
    }

    /// <exception cref="MalformedException">It is damaged.</exception>
    public static LvmLabel Read(IBlockSource volume, long at)
    {
        var sector = new byte[Sector];
        volume.Read(at, sector);
        if (LvmChecksum.Of(sector.AsSpan(20)) != U32(16)) throw new MalformedException("its label does not match its checksum");
        var contents = (int)Math.Min(Sector, U32(20));
        if (contents < ContentsAt || contents + 40 + 16 > Sector) throw new MalformedException("its label is out of range");
        var next = contents + 40;
        // Lists of data areas and of metadata areas follow, each closed by zeros.
        while (Area() is not null) { }
        var areas = new List<Extent>();
        while (Area() is { } area)
        {
            if (areas.Count == MostAreas) throw new MalformedException("its label lists too many metadata areas");
            if (area.Offset > (ulong)volume.Length || area.Length > (ulong)volume.Length - area.Offset) throw new MalformedException($"its metadata area of {area.Length} bytes at {area.Offset} is out of range");
            areas.Add(new Extent((long)area.Offset, (long)area.Length));
        }
        return new LvmLabel(Dashed(Encoding.ASCII.GetString(sector, contents, 32)), U64(contents + 32), areas);

        (ulong Offset, ulong Length)? Area()
        {
            if (next + 16 > Sector) throw new MalformedException("its label's lists do not end");
            var (offset, length) = (U64(next), U64(next + 8));
            next += 16;
            return offset == 0 ? null : (offset, length);
        }

        uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(offset));
        ulong U64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(sector.AsSpan(offset));
    }

    private static string Dashed(string id) => string.Join('-', id[..6], id[6..10], id[10..14], id[14..18], id[18..22], id[22..26], id[26..]);
}
