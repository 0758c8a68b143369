using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Testing.Disks;

/// <summary>A piece of a volume of a dynamic disk; sectors.</summary>
/// <param name="Start">From the beginning of what the manager has of the disk.</param>
/// <param name="Disk">1 for this disk, more for others of its group.</param>
public sealed record DynamicPiece(long Start, long Sectors, int Disk = 1);

/// <param name="Components">More than one make a mirror.</param>
/// <param name="IsStriped">Columns in place of one piece behind the other.</param>
public sealed record DynamicVolume(string Name, IReadOnlyList<DynamicPiece>[] Components, bool IsStriped = false)
{
    public DynamicVolume(string name, params DynamicPiece[] pieces) : this(name, [pieces]) { }
}

/// <summary>
/// A disk as Windows' Logical Disk Manager leaves it: a partition table that covers it, private header, tables of contents and records of a database of 1 MiB. No program on
/// Linux makes such disks; ldmtool(1) reads them, and the tests have it read these. Layout: libldm src/ldm.c.
/// </summary>
public sealed class DynamicDiskFile
{
    public const int Sector = 512, DatabaseSectors = 2048, LogicalStart = 2048;
    public const string Group = "6f1f6ee4-1f1c-4a52-8a7e-00000000d0d0";
    private const int RecordsAt = 17, RecordSize = 128, Head = 16;

    private readonly List<byte[]> _records = [];
    private readonly Dictionary<string, uint> _counts = new() { ["volume"] = 0, ["component"] = 0, ["partition"] = 0, ["disk"] = 0 };
    private uint _lastId = 1;

    /// <param name="path">A file that is made.</param>
    /// <param name="isGpt">A GPT disk, which has its database in a partition in front; else an MBR disk, which has it at its end.</param>
    /// <param name="table">For sfdisk, of an MBR disk; null for one partition over all that the manager has.</param>
    public DynamicDiskFile(string path, int mebibytes, bool isGpt, IReadOnlyList<DynamicVolume> volumes, string? table = null)
    {
        (Path, Length) = (path, (long)mebibytes << 20);
        SparseFile.Create(path, Length);
        var sectors = Length / Sector;
        var data = isGpt ? new Extent(4096, sectors - 4096 - 2048) : new Extent(LogicalStart, sectors - LogicalStart - DatabaseSectors);
        Tool.Must(new ToolRequest("sfdisk", ["--quiet", path])
        {
            Input = isGpt
                ? $"label: gpt\nstart=2048, size=2048, type=5808C8AA-7E8F-42E0-85D2-E1E90434CFB3\nstart={data.Offset}, size={data.Length}, type=AF9B60A0-1431-4F62-BC68-3311714A69AD\n"
                : $"label: dos\n{table ?? $"start={data.Offset}, size={data.Length}, type=42\n"}",
        });
        (DataStart, ConfigStart) = (data.Offset * Sector, (isGpt ? 2048 : sectors - DatabaseSectors) * Sector);
        PrivateHeaderAt = isGpt ? (4096 - 1) * Sector : 6 * Sector;
        MakeRecords(volumes);
        Write(PrivateHeaderAt, PrivateHeader(data, isGpt ? 2047 : DatabaseSectors));
        foreach (var at in new[] { 1, 2 }) Write(ConfigStart + at * Sector, Contents());
        Write(ConfigStart + RecordsAt * Sector, [.. Configuration(), .. _records.SelectMany(record => record)]);
    }

    public string Path { get; }
    public long Length { get; }

    /// <summary>Where what the manager has of it begins; bytes.</summary>
    public long DataStart { get; }

    /// <summary>Where its database begins; bytes.</summary>
    public long ConfigStart { get; }

    public long PrivateHeaderAt { get; }

    /// <summary>What decides: headers, table of contents, configuration and records.</summary>
    public IReadOnlyList<Extent> Structures =>
    [
        new(PrivateHeaderAt, 0x150), new(ConfigStart + 2 * Sector, 0x70), new(ConfigStart + RecordsAt * Sector, 0xC0),
        new(ConfigStart + (RecordsAt + 1) * Sector, _records.Count * RecordSize),
    ];

    public long ConfigurationAt => ConfigStart + RecordsAt * Sector;

    /// <summary>Puts a volume's content where its pieces are.</summary>
    public void Fill(DynamicVolume volume, string file)
    {
        var at = 0L;
        foreach (var piece in volume.Components[0])
        {
            Tool.Must("dd", $"if={file}", $"of={Path}", $"bs={Sector}", $"skip={at}", $"count={piece.Sectors}", $"seek={DataStart / Sector + piece.Start}", "conv=notrunc,sparse", "status=none");
            at += piece.Sectors;
        }
    }

    /// <summary>Gets a volume's content back from a disk that is divided as this one.</summary>
    public void Take(DynamicVolume volume, string disk, string file)
    {
        var at = 0L;
        foreach (var piece in volume.Components[0])
        {
            Tool.Must("dd", $"if={disk}", $"of={file}", $"bs={Sector}", $"seek={at}", $"count={piece.Sectors}", $"skip={DataStart / Sector + piece.Start}", "conv=notrunc", "status=none");
            at += piece.Sectors;
        }
    }

    public MemoryDisk Load() => MemoryDisk.FromBytes(File.ReadAllBytes(Path));

    public void Write(long at, ReadOnlySpan<byte> bytes)
    {
        using var file = File.OpenWrite(Path);
        file.Position = at;
        file.Write(bytes);
    }

    private static string DiskGuid(int disk) => $"6f1f6ee4-1f1c-4a52-8a7e-00000000000{disk}";

    private void MakeRecords(IReadOnlyList<DynamicVolume> volumes)
    {
        var disks = new Dictionary<int, uint>();
        Add(0x35, 0, new Fields().Number(Next()).Text("Machine-Dg0").Text(Group).Zeros(12));
        foreach (var disk in volumes.SelectMany(v => v.Components).SelectMany(c => c).Select(piece => piece.Disk).Append(1).Distinct())
        {
            disks[disk] = Next();
            // Of both revisions that there are.
            Add((byte)(disk == 1 ? 0x34 : 0x44), 0, disk == 1
                ? new Fields().Number(disks[disk]).Text($"Disk{disk}").Text(DiskGuid(disk)).Text("").Zeros(12)
                : new Fields().Number(disks[disk]).Text($"Disk{disk}").Raw(new Guid(DiskGuid(disk)).ToByteArray(bigEndian: true)).Zeros(28));
            _counts["disk"]++;
        }
        foreach (var volume in volumes)
        {
            var id = Next();
            var length = volume.Components[0].Sum(piece => piece.Sectors);
            Add(0x51, 0, new Fields().Number(id).Text(volume.Name).Text("gen").Text("8000000000000000").Raw(Padded("ACTIVE", 14)).Raw([3, 0, 1, 0, 0, 0, 0])
                .Number((ulong)volume.Components.Length).Zeros(16).Number((ulong)length).Zeros(4).Raw([7]).Raw(new Guid(Group).ToByteArray()));
            _counts["volume"]++;
            foreach (var (half, pieces) in volume.Components.Index())
            {
                var component = Next();
                var fields = new Fields().Number(component).Text($"{volume.Name}-0{half + 1}").Text("ACTIVE").Raw([(byte)(volume.IsStriped ? 1 : 2)]).Zeros(4)
                    .Number((ulong)pieces.Count).Zeros(16).Number(id).Zeros(1);
                Add(0x32, volume.IsStriped ? 0x10 : 0, volume.IsStriped ? fields.Number(128).Number((ulong)pieces.Count) : fields);
                _counts["component"]++;
                var offset = 0L;
                foreach (var (index, piece) in pieces.Index())
                {
                    Add(0x33, 0x08, new Fields().Number(Next()).Text($"Disk{piece.Disk}-{_counts["partition"] + 1:00}").Zeros(12).UInt64(piece.Start).UInt64(offset)
                        .Number((ulong)piece.Sectors).Number(component).Number(disks[piece.Disk]).Number((ulong)index));
                    _counts["partition"]++;
                    offset += piece.Sectors;
                }
            }
        }
    }

    private uint Next() => ++_lastId;

    /// <summary>In as many pieces as it takes.</summary>
    private void Add(byte type, int flags, Fields fields)
    {
        var content = fields.Bytes;
        byte[] record = [0, 0, (byte)flags, type, .. BigEndian(4, (ulong)content.Length), .. content];
        var pieces = record.Chunk(RecordSize - Head).ToList();
        var group = (uint)_records.Count + 1;
        foreach (var (i, piece) in pieces.Index())
        {
            _records.Add(
            [
                .. "VBLK"u8, .. BigEndian(4, (ulong)_records.Count + 4), .. BigEndian(4, group), .. BigEndian(2, (ulong)i), .. BigEndian(2, (ulong)pieces.Count),
                .. piece, .. new byte[RecordSize - Head - piece.Length],
            ]);
        }
    }

    private byte[] PrivateHeader(Extent data, long databaseSectors) =>
    [
        .. "PRIVHEAD"u8, .. new byte[4], .. BigEndian(2, 2), .. BigEndian(2, 12), .. new byte[32], .. Padded(DiskGuid(1), 64), .. Padded(Group, 64), .. Padded(Group, 64), .. Padded("Machine-Dg0", 32),
        .. new byte[11], .. BigEndian(8, (ulong)data.Offset), .. BigEndian(8, (ulong)data.Length), .. BigEndian(8, (ulong)(ConfigStart / Sector)), .. BigEndian(8, (ulong)databaseSectors), .. new byte[100],
    ];

    private static byte[] Contents() =>
    [
        .. "TOCBLOCK"u8, .. new byte[28], .. Padded("config", 8), .. new byte[2], .. BigEndian(8, RecordsAt), .. BigEndian(8, 1000), .. new byte[8],
        .. Padded("log", 8), .. new byte[2], .. BigEndian(8, 1400), .. BigEndian(8, 200), .. new byte[8],
    ];

    private byte[] Configuration()
    {
        byte[] head =
        [
            .. "VMDB"u8, .. BigEndian(4, (ulong)_records.Count + 4), .. BigEndian(4, RecordSize), .. BigEndian(4, Sector), .. BigEndian(2, 1), .. BigEndian(2, 4), .. BigEndian(2, 10),
            .. Padded("Machine-Dg0", 31), .. Padded(Group, 64), .. BigEndian(8, 7), .. BigEndian(8, 7),
            .. new[] { "volume", "component", "partition", "disk" }.SelectMany(kind => BigEndian(4, _counts[kind])),
        ];
        return [.. head, .. new byte[Sector - head.Length]];
    }

    private static byte[] Padded(string text, int length) => [.. Encoding.ASCII.GetBytes(text), .. new byte[length - text.Length]];

    private static byte[] BigEndian(int length, ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes[(8 - length)..];
    }

    /// <summary>What a record says, one field behind the other.</summary>
    private sealed class Fields
    {
        private readonly List<byte> _bytes = [];

        public byte[] Bytes => [.. _bytes];

        public Fields Raw(ReadOnlySpan<byte> bytes)
        {
            _bytes.AddRange(bytes);
            return this;
        }

        public Fields Zeros(int count) => Raw(new byte[count]);

        public Fields UInt64(long value) => Raw(BigEndian(8, (ulong)value));

        public Fields Text(string text) => Raw([(byte)text.Length, .. Encoding.ASCII.GetBytes(text)]);

        public Fields Number(ulong value)
        {
            var digits = BigEndian(8, value).SkipWhile(digit => digit == 0).ToArray();
            return Raw([(byte)digits.Length, .. digits]);
        }
    }
}
