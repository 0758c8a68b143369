using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>Brings volumes into shapes that years of use make and no tool makes on request. ntfsresize then confirms that they are right.</summary>
internal static class NtfsFragmenter
{
    /// <summary>Moves every second cluster of $Bitmap to another place: as many runs as it has clusters.</summary>
    public static void ScatterBitmap(NtfsEditor editor)
    {
        var cluster = editor.Boot.ClusterSize;
        var stream = editor.Mft.Open(SystemRecord.Bitmap).OpenData();
        var bits = stream.ReadAll(1 << 24);
        var old = stream.Extents().SelectMany(e => Enumerable.Range(0, (int)(e.Length / cluster)).Select(i => e.Offset / cluster + i)).ToList();
        var free = Enumerable.Range(0, (int)editor.Boot.ClusterCount).Where(c => !Bit(bits, c)).Reverse().Where((_, i) => i % 3 == 0).GetEnumerator();
        var placed = old.Select((at, i) =>
        {
            if (i % 2 == 0) return at;
            free.MoveNext();
            Set(bits, at, false);
            Set(bits, free.Current, true);
            return free.Current;
        }).ToList();
        editor.Edit(SystemRecord.Bitmap, record => ReplaceRuns(record, placed.Select(lcn => (lcn, 1L))));
        for (var i = 0; i < placed.Count; i++)
        {
            var piece = new byte[cluster];
            bits.AsSpan(Math.Min(bits.Length, i * cluster), Math.Min(cluster, Math.Max(0, bits.Length - i * cluster))).CopyTo(piece);
            editor.Write(placed[i] * cluster, piece);
        }
    }

    /// <summary>Moves the run list behind the first <paramref name="kept"/> clusters into free records, each with at most <paramref name="runsEach"/> runs.</summary>
    /// <returns>How many extension records it took.</returns>
    public static int SplitOverRecords(NtfsEditor editor, long number, long kept, int runsEach)
    {
        var stream = editor.Mft.Open(number).OpenData();
        var parts = new List<List<(long Lcn, long Length)>> { new() };
        var inFirst = kept;
        foreach (var run in stream.Runs)
        {
            var head = Math.Min(inFirst, run.Length);
            if (head > 0) parts[0].Add((run.Lcn, head));
            inFirst -= head;
            if (head == run.Length) continue;
            if (parts.Count == 1 || parts[^1].Count == runsEach) parts.Add([]);
            parts[^1].Add((run.Lcn + head, run.Length - head));
        }

        var usedRecords = editor.Mft.Self.OpenStream(AttributeType.Bitmap)!;
        var recordBits = usedRecords.ReadAll(1 << 20);
        var records = Enumerable.Range(24, recordBits.Length * 8 - 24).Where(n => !Bit(recordBits, n)).Take(parts.Count - 1).ToList();
        var basis = editor.Mft.Open(number).Base;
        var vcn = parts[0].Sum(r => r.Length);
        var entries = new List<(uint Type, long Vcn, long Record, ushort Sequence, ushort Instance)>();
        for (var i = 1; i < parts.Count; i++)
        {
            var lowest = vcn;
            vcn += parts[i].Sum(r => r.Length);
            var runs = parts[i];
            var sequence = (ushort)0;
            editor.Edit(records[i - 1], record =>
            {
                sequence = Math.Max((ushort)1, BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(0x10)));
                return ExtensionRecord(record, records[i - 1], sequence, basis, DataPart(lowest, runs));
            });
            Set(recordBits, records[i - 1], true);
            entries.Add((AttributeType.Data, lowest, records[i - 1], sequence, 0));
        }
        editor.Write(usedRecords, 0, recordBits);
        editor.Edit(number, record => WithList(ReplaceRuns(record, parts[0]), number, basis.Sequence, entries));
        return parts.Count - 1;
    }

    /// <summary>The record with other runs in its unnamed data; sizes stay, as they count for the whole attribute.</summary>
    private static byte[] ReplaceRuns(byte[] record, IEnumerable<(long Lcn, long Length)> runs)
    {
        var attributes = NtfsEditor.Attributes(record);
        var i = attributes.FindIndex(a => BinaryPrimitives.ReadUInt32LittleEndian(a) == AttributeType.Data && a[9] == 0);
        var list = runs.ToList();
        var pairsAt = BinaryPrimitives.ReadUInt16LittleEndian(attributes[i].AsSpan(0x20));
        attributes[i] = Padded([.. attributes[i][..pairsAt], .. Pairs(list)]);
        BinaryPrimitives.WriteInt32LittleEndian(attributes[i].AsSpan(4), attributes[i].Length);
        BinaryPrimitives.WriteInt64LittleEndian(attributes[i].AsSpan(0x18), list.Sum(r => r.Length) - 1);
        return NtfsEditor.WithAttributes(record, attributes);
    }

    private static byte[] ExtensionRecord(byte[] record, long number, ushort sequence, MftRecord owner, byte[] part)
    {
        record.AsSpan().Clear();
        "FILE"u8.CopyTo(record);
        var checks = record.Length / FixupBlock.Stride + 1;
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(0x04), 0x30);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(0x06), (ushort)checks);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(0x10), sequence);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(0x14), (ushort)((0x30 + 2 * checks + 7) & ~7));
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(0x16), 1);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(0x1C), record.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(0x20), (ulong)owner.Number | (ulong)owner.Sequence << 48);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(0x28), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(0x2C), (uint)number);
        return NtfsEditor.WithAttributes(record, [part]);
    }

    private static byte[] DataPart(long lowestVcn, List<(long Lcn, long Length)> runs)
    {
        byte[] attribute = Padded([.. new byte[0x40], .. Pairs(runs)]);
        BinaryPrimitives.WriteUInt32LittleEndian(attribute, AttributeType.Data);
        BinaryPrimitives.WriteInt32LittleEndian(attribute.AsSpan(4), attribute.Length);
        attribute[8] = 1;
        BinaryPrimitives.WriteInt64LittleEndian(attribute.AsSpan(0x10), lowestVcn);
        BinaryPrimitives.WriteInt64LittleEndian(attribute.AsSpan(0x18), lowestVcn + runs.Sum(r => r.Length) - 1);
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(0x20), 0x40);
        return attribute;
    }

    // Lists every attribute of the base record and those moved out; the list's own place is by its type, 0x20.
    private static byte[] WithList(
        byte[] record, long number, ushort sequence, List<(uint Type, long Vcn, long Record, ushort Sequence, ushort Instance)> moved)
    {
        var attributes = NtfsEditor.Attributes(record);
        var own = attributes.Select(a => (Type: BinaryPrimitives.ReadUInt32LittleEndian(a), Vcn: 0L, Record: number, Sequence: sequence,
            Instance: BinaryPrimitives.ReadUInt16LittleEndian(a.AsSpan(0x0E))));
        byte[] value = [.. own.Concat(moved).OrderBy(e => e.Type).ThenBy(e => e.Vcn).SelectMany(e =>
        {
            var entry = new byte[0x20];
            BinaryPrimitives.WriteUInt32LittleEndian(entry, e.Type);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(4), 0x20);
            entry[7] = 0x1A;
            BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(8), e.Vcn);
            BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(0x10), (ulong)e.Record | (ulong)e.Sequence << 48);
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(0x18), e.Instance);
            return entry;
        })];
        byte[] list = [.. new byte[0x18], .. value];
        BinaryPrimitives.WriteUInt32LittleEndian(list, AttributeType.AttributeList);
        BinaryPrimitives.WriteInt32LittleEndian(list.AsSpan(4), list.Length);
        var instance = BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(0x28));
        BinaryPrimitives.WriteUInt16LittleEndian(list.AsSpan(0x0E), instance);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(0x28), (ushort)(instance + 1));
        BinaryPrimitives.WriteInt32LittleEndian(list.AsSpan(0x10), value.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(list.AsSpan(0x14), 0x18);
        var before = attributes.FindIndex(a => BinaryPrimitives.ReadUInt32LittleEndian(a) > AttributeType.AttributeList);
        attributes.Insert(before, list);
        return NtfsEditor.WithAttributes(record, attributes);
    }

    private static byte[] Pairs(IEnumerable<(long Lcn, long Length)> runs)
    {
        var bytes = new List<byte>();
        var last = 0L;
        foreach (var (lcn, length) in runs)
        {
            var lengthBytes = Minimal(length);
            var offsetBytes = Minimal(lcn - last);
            bytes.Add((byte)(offsetBytes.Length << 4 | lengthBytes.Length));
            bytes.AddRange(lengthBytes);
            bytes.AddRange(offsetBytes);
            last = lcn;
        }
        bytes.Add(0);
        return [.. bytes];
    }

    private static byte[] Minimal(long value)
    {
        var bytes = MemoryMarshal.AsBytes<long>(new[] { value });
        var count = 8;
        while (count > 1 && (sbyte)bytes[count - 1] == ((sbyte)bytes[count - 2] < 0 ? -1 : 0)) count--;
        return bytes[..count].ToArray();
    }

    private static byte[] Padded(byte[] attribute)
    {
        Array.Resize(ref attribute, (attribute.Length + 7) & ~7);
        return attribute;
    }

    private static bool Bit(byte[] bits, long index) => (bits[index / 8] >> (int)(index % 8) & 1) != 0;

    private static void Set(byte[] bits, long index, bool value)
    {
        if (value) bits[index / 8] |= (byte)(1 << (int)(index % 8));
        else bits[index / 8] &= (byte)~(1 << (int)(index % 8));
    }
}
