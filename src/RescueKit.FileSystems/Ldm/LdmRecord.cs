using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ldm;

/// <summary>
/// A record of the database of Windows' Logical Disk Manager, read from its beginning on: numbers are big endian, those of variable length have their length in
/// a byte before them. Source: libldm src/ldm.c, Linux block/partitions/ldm.c.
/// </summary>
/// <param name="content">Behind the record's own header.</param>
internal ref struct LdmRecord(ReadOnlySpan<byte> content)
{
    private ReadOnlySpan<byte> _rest = content;

    /// <exception cref="MalformedException">It ends before, here and below.</exception>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _rest.Length) throw new MalformedException("a record of its database is cut off");
        var bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    public byte Byte() => Bytes(1)[0];

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Bytes(8));

    /// <param name="most">Bytes that it may have.</param>
    public ulong Number(int most = 8)
    {
        var length = Byte();
        if (length > most) throw new MalformedException($"its database has a number of {length} bytes");
        var number = 0UL;
        foreach (var value in Bytes(length)) number = (number << 8) | value;
        return number;
    }

    /// <summary>Of a record, or a count of them.</summary>
    public ulong Id() => Number(4);

    public string Text() => Encoding.ASCII.GetString(Bytes(Byte()));

    public void Skip(int count) => Bytes(count);
}

/// <summary>A disk of a group. Source, here and below: as for <see cref="LdmRecord"/>.</summary>
internal sealed record LdmGroupDisk(ulong Id, Guid Guid)
{
    public static LdmGroupDisk Parse(LdmRecord record, int revision)
    {
        var id = record.Id();
        record.Text(); // its name
        return revision switch
        {
            3 => new LdmGroupDisk(id, Guid.TryParseExact(record.Text(), "D", out var guid) ? guid : throw new MalformedException("its database has a disk without a GUID")),
            4 => new LdmGroupDisk(id, new Guid(record.Bytes(16), bigEndian: true)),
            _ => throw LdmDatabase.Unknown("disk", revision),
        };
    }
}

/// <param name="ComponentCount">More than one: a mirror.</param>
/// <param name="Sectors">Its length.</param>
internal sealed record LdmVolume(ulong Id, string Name, int Kind, ulong ComponentCount, ulong Sectors)
{
    /// <summary>What is no RAID 5, and what is.</summary>
    public const int Plain = 3, Raid5 = 4;

    public static LdmVolume Parse(LdmRecord record, int revision)
    {
        if (revision != 5) throw LdmDatabase.Unknown("volume", revision);
        var (id, name) = (record.Id(), record.Text());
        record.Text(); // "gen" or "raid5", which the number below says, too
        record.Text();
        record.Skip(14); // state
        var kind = record.Byte();
        record.Skip(6);
        var components = record.Id();
        record.Skip(16);
        return new LdmVolume(id, name, kind, components, record.Number());
    }
}

/// <summary>A way in which partitions make a volume, or one half of a mirror.</summary>
internal sealed record LdmComponent(ulong Id, int Kind, ulong PartitionCount, ulong VolumeId)
{
    /// <summary>Columns; one partition behind the other; columns with parity.</summary>
    public const int Striped = 1, Spanned = 2, Parity = 3;

    public static LdmComponent Parse(LdmRecord record, int revision)
    {
        if (revision != 3) throw LdmDatabase.Unknown("component", revision);
        var id = record.Id();
        record.Text(); // its name
        record.Text(); // state
        var kind = record.Byte();
        record.Skip(4);
        var partitions = record.Id();
        record.Skip(16);
        return new LdmComponent(id, kind, partitions, record.Id());
    }
}

/// <param name="Start">Sectors from the beginning of the part of its disk that the manager has.</param>
/// <param name="VolumeOffset">Sectors from the beginning of its component.</param>
internal sealed record LdmPartition(ulong Start, ulong VolumeOffset, ulong Sectors, ulong ComponentId, ulong DiskId)
{
    public static LdmPartition Parse(LdmRecord record, int revision)
    {
        if (revision != 3) throw LdmDatabase.Unknown("partition", revision);
        record.Id();
        record.Text(); // its name
        record.Skip(12);
        return new LdmPartition(record.UInt64(), record.UInt64(), record.Number(), record.Id(), record.Id());
    }
}
