using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>A file with all its attributes, those in extension records included.</summary>
internal sealed class NtfsFile
{
    /// <summary>Windows makes no longer attribute list.</summary>
    private const int MaxAttributeList = 256 << 10;

    private const int MinListEntry = 0x1A;

    /// <summary>72 bytes since NTFS 3.0.</summary>
    private const int MaxStandardInformation = 1024;

    private readonly MasterFileTable _mft;
    private readonly List<ListEntry>? _list;

    /// <exception cref="MalformedException">Not the base record of a file, or a damaged attribute list.</exception>
    public NtfsFile(MasterFileTable mft, MftRecord record)
    {
        (_mft, Base) = (mft, record);
        if (!record.IsInUse || record.BaseReference != 0) throw new MalformedException($"{record.Name} is no file in use");
        var list = record.Attributes.FirstOrDefault(a => a.Type == AttributeType.AttributeList);
        if (list is null) return;
        var stream = new NtfsStream(mft.Volume, mft.Boot, list, $"the attribute list of {record.Name}");
        stream.CheckSizes();
        _list = ParseList(stream.ReadAll(MaxAttributeList));
    }

    public MftRecord Base { get; }

    /// <summary>The attribute's content, or null where the file has none of this type and name.</summary>
    /// <param name="begun">Given the stream when only its first part is known.</param>
    /// <exception cref="MalformedException">A part is missing, elsewhere, or contradicts the others.</exception>
    public NtfsStream? OpenStream(uint type, string name = "", Action<NtfsStream>? begun = null)
    {
        NtfsStream? stream = null;
        foreach (var part in Parts(type, name))
        {
            if (stream is not null)
            {
                stream.Append(part);
                continue;
            }
            stream = new NtfsStream(_mft.Volume, _mft.Boot, part, type == AttributeType.Data ? Base.Name : $"attribute 0x{type:X} of {Base.Name}");
            begun?.Invoke(stream);
        }
        stream?.CheckSizes();
        return stream;
    }

    /// <summary>The unnamed data, which every file of the system has.</summary>
    /// <exception cref="MalformedException">There is none, or it is damaged.</exception>
    public NtfsStream OpenData() => OpenStream(AttributeType.Data) ?? throw new MalformedException($"{Base.Name} has no data");

    /// <summary>What the file says of itself has to agree with how its unnamed data lies; a driver refuses it otherwise.</summary>
    /// <exception cref="MalformedException">It does not, or the file says nothing of itself.</exception>
    public void CheckFlags()
    {
        var information = OpenStream(AttributeType.StandardInformation)?.ReadAll(MaxStandardInformation)
            ?? throw new MalformedException($"{Base.Name} has no standard information");
        var flags = (FileFlags)BinaryPrimitives.ReadUInt32LittleEndian(information.AsSpan(0x20));
        if (OpenStream(AttributeType.Data)?.Flags is not { } data) return;
        if (data.HasFlag(AttributeFlags.Encrypted) != flags.HasFlag(FileFlags.Encrypted)
            || (data.HasFlag(AttributeFlags.Sparse) && !flags.HasFlag(FileFlags.Sparse)))
            throw new MalformedException($"{Base.Name} calls itself 0x{(uint)flags:X} and its data 0x{(ushort)data:X}");
    }

    /// <summary>Every attribute of the file that has clusters, in full.</summary>
    /// <exception cref="MalformedException">One of them contradicts itself.</exception>
    public IEnumerable<NtfsStream> StreamsWithClusters()
    {
        var parts = _list is null ? Base.Attributes : _list.Select(Locate);
        var kinds = parts.Where(a => !a.IsResident && a.Type != AttributeType.AttributeList).Select(a => (a.Type, a.Name)).Distinct().ToList();
        return kinds.Select(kind => OpenStream(kind.Type, kind.Name)!);
    }

    private IEnumerable<NtfsAttribute> Parts(uint type, string name)
    {
        if (_list is null) return Base.Attributes.Where(a => a.Type == type && a.Name == name);
        // Stable: entries of one attribute are in the order of their clusters; the stream refuses them where they are not.
        return _list.Where(e => e.Type == type && e.Name == name).Select(Locate);
    }

    private NtfsAttribute Locate(ListEntry entry)
    {
        var (number, sequence) = MasterFileTable.Split(entry.Reference);
        var record = number == Base.Number ? Base : _mft.Read(number);
        if (number != Base.Number)
        {
            var (owner, ownerSequence) = MasterFileTable.Split(record.BaseReference);
            if (!record.IsInUse || owner != Base.Number || ownerSequence != Base.Sequence)
                throw new MalformedException($"{record.Name} does not belong to {Base.Name}");
        }
        if (record.Sequence != sequence) throw new MalformedException($"the attribute list of {Base.Name} is out of date");
        return record.Attributes.FirstOrDefault(a => a.Type == entry.Type && a.Instance == entry.Instance && a.Name == entry.Name
                && (a.IsResident ? entry.LowestVcn == 0 : a.LowestVcn == entry.LowestVcn))
            ?? throw new MalformedException($"{record.Name} has no attribute 0x{entry.Type:X} that {Base.Name} lists");
    }

    // Layout of an entry: Linux-NTFS documentation, "$ATTRIBUTE_LIST".
    private List<ListEntry> ParseList(ReadOnlySpan<byte> list)
    {
        var entries = new List<ListEntry>();
        while (!list.IsEmpty)
        {
            int length = list.Length < MinListEntry ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(list[4..]);
            if (length < MinListEntry || length > list.Length || (list[6] > 0 && list[7] + 2 * list[6] > length))
                throw new MalformedException($"the attribute list of {Base.Name} cannot be taken apart");
            entries.Add(new ListEntry(
                BinaryPrimitives.ReadUInt32LittleEndian(list),
                new string(MemoryMarshal.Cast<byte, char>(list.Slice(list[6] > 0 ? list[7] : 0, 2 * list[6]))),
                BinaryPrimitives.ReadInt64LittleEndian(list[8..]),
                BinaryPrimitives.ReadUInt64LittleEndian(list[0x10..]),
                BinaryPrimitives.ReadUInt16LittleEndian(list[0x18..])));
            list = list[length..];
        }
        return entries;
    }

    private readonly record struct ListEntry(uint Type, string Name, long LowestVcn, ulong Reference, ushort Instance);
}
