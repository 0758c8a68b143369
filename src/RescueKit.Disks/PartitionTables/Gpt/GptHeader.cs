using System.Buffers.Binary;

namespace RescueKit.Disks.PartitionTables.Gpt;

/// <summary>The GPT header of the UEFI specification, section 5.3.2; positions in sectors ("LBA").</summary>
internal sealed record GptHeader
{
    public const int SmallestSize = 92;
    private const ulong Signature = 0x5452415020494645; // "EFI PART"

    /// <summary>1.0, the only one there has been.</summary>
    private const uint Revision = 0x00010000;

    /// <summary>Entry arrays beyond this are taken for garbage: 8 times what any tool makes (128 to 4096 entries of 128 bytes).</summary>
    private const long LargestArray = 4 << 20;

    /// <summary>The whole sector as found; fields this program does not know are carried along.</summary>
    public required byte[] Sector { get; init; }

    public int Size => (int)BinaryPrimitives.ReadUInt32LittleEndian(Sector.AsSpan(0x0c));
    public long MyLba => ReadLba(0x18);
    public long AlternateLba => ReadLba(0x20);
    public long FirstUsableLba => ReadLba(0x28);
    public long LastUsableLba => ReadLba(0x30);
    public Guid DiskId => new(Sector.AsSpan(0x38, 16));
    public long EntriesLba => ReadLba(0x48);
    public int EntryCount => (int)BinaryPrimitives.ReadUInt32LittleEndian(Sector.AsSpan(0x50));
    public int EntrySize => (int)BinaryPrimitives.ReadUInt32LittleEndian(Sector.AsSpan(0x54));
    public uint EntriesCrc => BinaryPrimitives.ReadUInt32LittleEndian(Sector.AsSpan(0x58));
    public int ArrayLength => EntryCount * EntrySize;

    /// <summary>Whether signature, size and checksum are right: the header is as it was written, whatever it says.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> sector)
    {
        if (BinaryPrimitives.ReadUInt64LittleEndian(sector) != Signature) return false;
        var size = BinaryPrimitives.ReadUInt32LittleEndian(sector[0x0c..]);
        return size >= SmallestSize && size <= sector.Length && ComputeCrc(sector, (int)size) == BinaryPrimitives.ReadUInt32LittleEndian(sector[0x10..]);
    }

    /// <summary>Null unless it is intact, and revision, own position and all limits are right: what Linux and sgdisk both accept.</summary>
    /// <param name="lastLba">The disk's last sector.</param>
    public static GptHeader? Parse(byte[] sector, long lba, long lastLba)
    {
        if (!IsIntact(sector) || BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(0x08)) != Revision) return null;
        var header = new GptHeader { Sector = sector };
        var entrySize = BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(0x54));
        var entryCount = BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(0x50));
        if (entrySize < GptEntry.SmallestSize || entrySize % 8 != 0 || entrySize > 4096) return null;
        if (entryCount == 0 || (long)entryCount * entrySize > LargestArray) return null;
        if (header.FirstUsableLba < 0 || header.LastUsableLba < header.FirstUsableLba || header.LastUsableLba > lastLba) return null;
        return header.MyLba == lba && header is { AlternateLba: >= 0, EntriesLba: > 1 } ? header : null;
    }

    /// <summary>The same table at another place, with its checksum.</summary>
    public byte[] Moved(long myLba, long alternateLba, long entriesLba, long lastUsableLba)
    {
        var sector = (byte[])Sector.Clone();
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x18), myLba);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x20), alternateLba);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x30), lastUsableLba);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x48), entriesLba);
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(0x10), ComputeCrc(sector, Size));
        return sector;
    }

    /// <summary>The same table with another id, of entries with another checksum; its own is yet to be made (<see cref="Moved"/>).</summary>
    public GptHeader With(Guid diskId, uint entriesCrc)
    {
        var sector = (byte[])Sector.Clone();
        diskId.TryWriteBytes(sector.AsSpan(0x38));
        BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(0x58), entriesCrc);
        return this with { Sector = sector };
    }

    private long ReadLba(int offset) => BinaryPrimitives.ReadInt64LittleEndian(Sector.AsSpan(offset));

    /// <summary>Over the header with its own checksum field taken as zero.</summary>
    private static uint ComputeCrc(ReadOnlySpan<byte> sector, int size)
    {
        var header = sector[..size].ToArray();
        header.AsSpan(0x10, 4).Clear();
        return Crc32.Of(header);
    }
}
