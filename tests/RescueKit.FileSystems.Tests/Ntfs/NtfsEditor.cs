using System.Buffers.Binary;
using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>Changes MFT records of a volume in a file and protects them again, so that only the change itself is wrong with them.</summary>
internal sealed class NtfsEditor : IDisposable
{
    private readonly FileSource _volume;
    private readonly FileStream _file;

    public NtfsEditor(string path)
    {
        _volume = new FileSource(path);
        _file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var sector = new byte[NtfsBootSector.Size];
        _volume.Read(0, sector);
        Boot = NtfsBootSector.Parse(sector, _volume.Length);
        Mft = new MasterFileTable(_volume, Boot);
    }

    public NtfsBootSector Boot { get; }
    public MasterFileTable Mft { get; }

    public void Dispose()
    {
        _file.Dispose();
        _volume.Dispose();
    }

    /// <summary>Changes a record; the mirror is kept equal.</summary>
    public void Edit(long number, Func<byte[], byte[]> edit)
    {
        var size = Boot.MftRecordSize;
        var record = new byte[size];
        Mft.Data.Read(number * size, record);
        if (record.AsSpan(0, 4).SequenceEqual("FILE"u8)) FixupBlock.Restore(record, "FILE"u8, "record");
        record = edit(record);
        Protect(record);
        var mirror = Mft.Open(SystemRecord.MftMirror).OpenData();
        Write(Mft.Data, number * size, record);
        if (number < mirror.DataSize / size) Write(mirror, number * size, record);
    }

    /// <summary>Changes bytes of a resident attribute's value.</summary>
    public void EditValue(long number, uint type, int offset, params byte[] bytes) => Edit(number, record =>
    {
        var at = AttributeOffset(record, type);
        bytes.CopyTo(record, at + BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(at + 0x14)) + offset);
        return record;
    });

    /// <summary>Overwrites bytes of a stream where they lie.</summary>
    public void Write(NtfsStream stream, long offset, ReadOnlySpan<byte> bytes)
    {
        foreach (var extent in stream.Extents())
        {
            var take = (int)Math.Clamp(extent.Length - offset, 0, bytes.Length);
            if (take > 0) Write(extent.Offset + offset, bytes[..take]);
            bytes = bytes[take..];
            offset = Math.Max(0, offset - extent.Length);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        _file.Position = offset;
        _file.Write(bytes);
        _file.Flush();
    }

    public static int AttributeOffset(byte[] record, uint type)
    {
        int at = BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(0x14));
        while (BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(at)) != type)
            at += BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(at + 4));
        return at;
    }

    /// <summary>The attributes of a record, each with its header.</summary>
    public static List<byte[]> Attributes(byte[] record)
    {
        var attributes = new List<byte[]>();
        int at = BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(0x14));
        while (BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(at)) != AttributeType.End)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(record.AsSpan(at + 4));
            attributes.Add(record[at..(at + length)]);
            at += length;
        }
        return attributes;
    }

    /// <summary>Puts other attributes, in the order given, into a record.</summary>
    public static byte[] WithAttributes(byte[] record, IEnumerable<byte[]> attributes)
    {
        int at = BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(0x14));
        record.AsSpan(at).Clear();
        foreach (var attribute in attributes)
        {
            attribute.CopyTo(record, at);
            at += attribute.Length;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(at), AttributeType.End);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(0x18), at + 8);
        return record;
    }

    /// <summary>Takes the last bytes of each 512 into the update sequence array and puts the next check value in their place.</summary>
    public static void Protect(Span<byte> block)
    {
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(block[4..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(block[6..]);
        var check = (ushort)Math.Max(1, BinaryPrimitives.ReadUInt16LittleEndian(block[offset..]) + 1 & 0xFFFF);
        BinaryPrimitives.WriteUInt16LittleEndian(block[offset..], check);
        for (var i = 1; i < count; i++)
        {
            var tail = block.Slice(i * FixupBlock.Stride - 2, 2);
            tail.CopyTo(block.Slice(offset + 2 * i, 2));
            BinaryPrimitives.WriteUInt16LittleEndian(tail, check);
        }
    }
}
