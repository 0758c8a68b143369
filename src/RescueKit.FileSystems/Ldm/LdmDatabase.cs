using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ldm;

/// <summary>
/// The database that Windows' Logical Disk Manager keeps on each disk of a group: a private header says where it is, a table of contents where in it the records
/// are. Only one that is consistent is read. Source: libldm src/ldm.c, Linux block/partitions/ldm.h.
/// </summary>
internal sealed class LdmDatabase
{
    /// <summary>On an MBR disk; sectors.</summary>
    private const int PrivateHeaderAt = 6;

    private const int HeaderSize = 512, RecordHead = 16, RecordHeader = 8, Consistent = 1;

    /// <summary>Linux knows of no record with more than 4.</summary>
    private const int MostPieces = 16;

    /// <summary>Windows makes databases of 1 MiB; bytes.</summary>
    private const int Largest = 4 << 20;

    /// <summary>The tables of contents that are read, in sectors of the database; the second is the one that every program reads.</summary>
    private static readonly int[] s_contentsAt = [2, 1];

    private static ReadOnlySpan<byte> Configuration => "VMDB"u8;

    private readonly List<LdmGroupDisk> _disks = [];
    private readonly List<LdmVolume> _volumes = [];
    private readonly List<LdmComponent> _components = [];
    private readonly List<LdmPartition> _partitions = [];

    private LdmDatabase(PrivateHeader header) => Header = header;

    public PrivateHeader Header { get; }
    public IReadOnlyList<LdmVolume> Volumes => _volumes;
    public IReadOnlyList<LdmComponent> Components => _components;
    public IReadOnlyList<LdmPartition> Partitions => _partitions;

    /// <summary>The id that the group gives to the disk which the database was read from.</summary>
    /// <exception cref="MalformedException">It does not know that disk.</exception>
    public ulong DiskId => _disks.FirstOrDefault(disk => disk.Guid == Header.Disk)?.Id ?? throw new MalformedException("its database does not know this disk");

    /// <exception cref="MalformedException">There is none, or it is in no state to be relied on.</exception>
    public static LdmDatabase Read(IBlockSource disk, DiskLayout layout)
    {
        var sector = layout.SectorSize;
        var header = PrivateHeader.Read(disk, layout);
        var total = (ulong)(disk.Length / sector);
        if (header.ConfigSectors == 0 || header.ConfigSectors > (ulong)(Largest / sector) || header.ConfigSectors > total || header.ConfigStart > total - header.ConfigSectors)
            throw new MalformedException($"its database of {header.ConfigSectors} sectors at {header.ConfigStart} does not lie on the disk");
        var (start, length) = ((long)header.ConfigStart * sector, (long)header.ConfigSectors * sector);
        var at = RecordsAt(Bytes(disk, start, Math.Min(length, (s_contentsAt.Max() + 1) * sector)), length, sector);
        var database = new LdmDatabase(header);
        database.ReadRecords(Area(disk, start + at, length - at));
        return database;
    }

    internal static MalformedException Unknown(string what, int revision) => new($"its database has a {what} of revision {revision}, which is not known");

    /// <summary>Where the records' header is, in bytes of the database.</summary>
    /// <param name="database">Its first sectors.</param>
    /// <param name="length">Of all of it; bytes.</param>
    private static long RecordsAt(ReadOnlySpan<byte> database, long length, int sector)
    {
        ulong? at = null;
        foreach (var place in s_contentsAt)
        {
            if ((place + 1) * sector > database.Length) throw new MalformedException("its database is too small");
            var contents = database.Slice(place * sector, sector);
            var isThere = contents.StartsWith("TOCBLOCK"u8);
            if (!isThere && place == s_contentsAt[0]) throw new MalformedException("its database has no table of contents");
            if (!isThere) continue;
            var start = ConfigStart(contents);
            if (at is { } other && other != start) throw new MalformedException("its database has two tables of contents that differ");
            at = start;
        }
        return at <= (ulong)((length - HeaderSize) / sector) ? (long)at * sector : throw new MalformedException("its table of contents names a place outside its database");
    }

    /// <summary>The records and their header; of what comes behind them, most is not read: a database is nearly empty.</summary>
    private static byte[] Area(IBlockSource disk, long at, long length)
    {
        const int Begin = 64 << 10;
        for (var most = Begin; ; most *= 4)
        {
            var area = Bytes(disk, at, Math.Min(length, most));
            if (area.Length == length || HasEnd(area)) return area;
        }
    }

    /// <summary>Whether something is to be seen that is no record any more, or there are none.</summary>
    private static bool HasEnd(ReadOnlySpan<byte> area)
    {
        if (!area.StartsWith(Configuration)) return true;
        var (size, at) = Sizes(area);
        while (at + size <= area.Length && area[at..].StartsWith("VBLK"u8)) at += size;
        return at + size <= area.Length;
    }

    private static byte[] Bytes(IBlockSource disk, long at, long length)
    {
        var bytes = new byte[length];
        disk.Read(at, bytes);
        return bytes;
    }

    /// <summary>Of a record, and where the first one is.</summary>
    private static (int Record, int First) Sizes(ReadOnlySpan<byte> area)
    {
        var (size, first) = (UInt32(area, 0x08), UInt32(area, 0x0C));
        return size is > RecordHead + RecordHeader and <= HeaderSize && first >= HeaderSize && first <= Largest
            ? ((int)size, (int)first)
            : throw new MalformedException($"its database has records of {size} bytes at {first}");
    }

    private static ulong ConfigStart(ReadOnlySpan<byte> contents)
    {
        const int First = 0x24, Size = 0x22, NameLength = 8, StartAt = 10;
        for (var at = First; at < First + 2 * Size; at += Size)
        {
            var name = Encoding.ASCII.GetString(contents.Slice(at, NameLength)).TrimEnd('\0');
            if (name == "config") return BinaryPrimitives.ReadUInt64BigEndian(contents[(at + StartAt)..]);
        }
        throw new MalformedException("its table of contents names no configuration");
    }

    /// <param name="area">Begins with their header.</param>
    private void ReadRecords(ReadOnlySpan<byte> area)
    {
        if (!area.StartsWith(Configuration)) throw new MalformedException("its database has no configuration where one has to be");
        var (size, first) = Sizes(area);
        if (BinaryPrimitives.ReadUInt16BigEndian(area[0x10..]) != Consistent || Pending(area)) throw new MalformedException("its database was being changed");
        if (first > area.Length) throw new MalformedException($"its database has no room for records at {first}");
        var pieces = new Dictionary<uint, (byte[] Content, int Count, HashSet<int> Seen)>();
        for (var rest = area[first..]; rest.Length >= size && rest.StartsWith("VBLK"u8); rest = rest[size..])
        {
            var (id, piece, count) = (UInt32(rest, 8), (int)BinaryPrimitives.ReadUInt16BigEndian(rest[12..]), (int)BinaryPrimitives.ReadUInt16BigEndian(rest[14..]));
            var content = rest[RecordHead..size];
            if (count > MostPieces || (count > 0 && piece >= count)) throw new MalformedException($"its database has piece {piece} of {count} of a record");
            if (count <= 1)
            {
                Parse(content);
                continue;
            }
            if (!pieces.TryGetValue(id, out var whole)) pieces[id] = whole = (new byte[count * content.Length], count, []);
            if (whole.Count != count || !whole.Seen.Add(piece)) throw new MalformedException($"its database has two records {id}");
            content.CopyTo(whole.Content.AsSpan(piece * content.Length));
        }
        foreach (var (id, (content, count, seen)) in pieces)
        {
            if (seen.Count != count) throw new MalformedException($"its database has {seen.Count} of {count} pieces of record {id}");
            Parse(content);
        }
        foreach (var (what, found, at) in new[] { ("volumes", _volumes.Count, 0x85), ("components", _components.Count, 0x89), ("partitions", _partitions.Count, 0x8D), ("disks", _disks.Count, 0x91) })
        {
            if (found != UInt32(area, at)) throw new MalformedException($"its database has {found} {what}, and counts {UInt32(area, at)}");
        }
        Check();
    }

    /// <summary>Every record belongs to another one, and has as many of them as it says.</summary>
    private void Check()
    {
        var disks = _disks.Select(disk => disk.Id).ToHashSet();
        var components = _components.Select(c => c.Id).ToHashSet();
        var volumes = new Dictionary<ulong, LdmVolume>();
        if (components.Count != _components.Count || !_volumes.TrueForAll(v => volumes.TryAdd(v.Id, v))) throw Contradiction("two volumes, or parts of one, with the same id");
        if (!_partitions.TrueForAll(p => disks.Contains(p.DiskId) && components.Contains(p.ComponentId))) throw Contradiction("a partition of no disk or volume");
        var (partitionCounts, componentCounts) = (_partitions.CountBy(p => p.ComponentId).ToDictionary(), _components.CountBy(c => c.VolumeId).ToDictionary());
        foreach (var component in _components)
        {
            if (!volumes.TryGetValue(component.VolumeId, out var volume)) throw Contradiction("a part of no volume");
            if ((ulong)partitionCounts.GetValueOrDefault(component.Id) != component.PartitionCount) throw Contradiction("a part of a volume with too few partitions, or too many");
            var isPossible = (component.Kind, volume.Kind) is (LdmComponent.Spanned or LdmComponent.Striped, LdmVolume.Plain) or (LdmComponent.Parity, LdmVolume.Raid5);
            if (!isPossible) throw Contradiction("a volume of a kind that is not known");
        }
        if (_volumes.Any(v => v.Kind is not (LdmVolume.Plain or LdmVolume.Raid5) || (ulong)componentCounts.GetValueOrDefault(v.Id) != v.ComponentCount)) throw Contradiction("a volume with too few parts, or too many");
    }

    private static MalformedException Contradiction(string what) => new($"its database has {what}");

    /// <summary>Volumes, components, partitions or disks that are not committed yet.</summary>
    private static bool Pending(ReadOnlySpan<byte> area)
    {
        foreach (var at in (ReadOnlySpan<int>)[0xA1, 0xA5, 0xA9, 0xAD])
        {
            if (UInt32(area, at) != 0) return true;
        }
        return false;
    }

    private void Parse(ReadOnlySpan<byte> content)
    {
        var (kind, revision) = (content[3] & 0x0F, content[3] >> 4);
        var record = new LdmRecord(content[RecordHeader..]);
        switch (kind)
        {
            case 0: break; // not in use
            case 1: _volumes.Add(LdmVolume.Parse(record, revision)); break;
            case 2: _components.Add(LdmComponent.Parse(record, revision)); break;
            case 3: _partitions.Add(LdmPartition.Parse(record, revision)); break;
            case 4: _disks.Add(LdmGroupDisk.Parse(record, revision)); break;
            case 5:
                record.Id(); // the group
                record.Text();
                break;
            default: throw Unknown($"record of kind {kind}", revision);
        }
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    /// <summary>Whose disk this is, and which part of it the manager has; sectors.</summary>
    internal sealed record PrivateHeader(Guid Disk, ulong Start, ulong Sectors, ulong ConfigStart, ulong ConfigSectors)
    {
        private const string MetadataType = "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3";

        public static PrivateHeader Read(IBlockSource disk, DiskLayout layout)
        {
            var at = layout.Kind == PartitionTableKind.Gpt
                ? (layout.Partitions.FirstOrDefault(p => p.Type == MetadataType) ?? throw new MalformedException("the disk has no partition for its database")).Extent.End - layout.SectorSize
                : PrivateHeaderAt * layout.SectorSize;
            var sector = new byte[HeaderSize];
            if (at < 0 || at > disk.Length - sector.Length) throw new MalformedException("the disk is too small for its database");
            disk.Read(at, sector);
            if (!sector.AsSpan().StartsWith("PRIVHEAD"u8)) throw new MalformedException("the disk has no header of its database");
            GuidAt(0xB0, "group");
            return new PrivateHeader(GuidAt(0x30, "disk"), UInt64(0x11B), UInt64(0x123), UInt64(0x12B), UInt64(0x133));

            Guid GuidAt(int offset, string whose) => Guid.TryParseExact(Encoding.ASCII.GetString(sector, offset, 64).TrimEnd('\0'), "D", out var guid)
                ? guid
                : throw new MalformedException($"the header of its database has no GUID of the {whose}");

            ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64BigEndian(sector.AsSpan(offset));
        }
    }
}
