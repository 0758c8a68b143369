using System.Buffers.Binary;
using System.Text;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>
/// The buffer of one ioctl to /dev/mapper/control: struct dm_ioctl, and behind it a table or room for an answer. Can be made beforehand and
/// sent when nothing else may be done any more. Layout: include/uapi/linux/dm-ioctl.h of Linux.
/// </summary>
internal sealed class DmRequest
{
    public const int HeaderLength = 312;
    private const int MostName = 127, MostId = 128, SpecLength = 40, MostType = 15;
    private const int DataSizeAt = 0x0c, DataStartAt = 0x10, CountAt = 0x14, OpenCountAt = 0x18, FlagsAt = 0x1c, EventAt = 0x20, NumberAt = 0x28, NameAt = 0x30, IdAt = 0xb0;

    /// <summary>
    /// Tells every rule of udev to leave a device alone: none of its own links, no look at what is on it. In the upper half of the event number.
    /// Source: lvm2, libdm/libdevmapper.h (DM_UDEV_DISABLE_…).
    /// </summary>
    private const uint NoRules = 0x2fu << 16;

    /// <param name="hidden">Copies of what is mounted must not be found by its label or UUID.</param>
    public DmRequest(DmCommand command, string name = "", string id = "", DmFlags flags = 0, IReadOnlyList<MapTarget>? table = null, int room = 0, bool hidden = false)
    {
        Command = command;
        table ??= [];
        Buffer = new byte[HeaderLength + table.Sum(SpecAndParameters) + room];
        BinaryPrimitives.WriteUInt32LittleEndian(Buffer, 4); // version 4.0.0
        Put(DataSizeAt, (uint)Buffer.Length);
        Put(DataStartAt, HeaderLength);
        Put(CountAt, (uint)table.Count);
        Put(FlagsAt, (uint)flags);
        Put(EventAt, hidden ? NoRules : 0);
        PutText(NameAt, name, MostName);
        PutText(IdAt, id, MostId);
        var at = HeaderLength;
        foreach (var target in table) at += PutTarget(at, target);
    }

    public DmCommand Command { get; }
    public byte[] Buffer { get; }

    /// <summary>_IOWR(0xfd, command, struct dm_ioctl).</summary>
    public nuint Code => 0xc000fd00u | HeaderLength << 16 | (uint)Command;

    public DmFlags Flags => (DmFlags)Get(FlagsAt);

    /// <summary>What the kernel answered about the device.</summary>
    public MappedDevice Device => new(Text(NameAt, MostName + 1), Text(IdAt, MostId + 1), NumberText(BinaryPrimitives.ReadUInt64LittleEndian(Buffer.AsSpan(NumberAt))),
        (int)Get(OpenCountAt), Flags.HasFlag(DmFlags.Suspend));

    /// <summary>The answer of TableStatus.</summary>
    public IReadOnlyList<MapTarget> Targets()
    {
        var targets = new List<MapTarget>();
        var data = (int)Get(DataStartAt);
        var at = data;
        for (var i = 0u; i < Get(CountAt); i++)
        {
            var (start, length) = (BinaryPrimitives.ReadInt64LittleEndian(Buffer.AsSpan(at)), BinaryPrimitives.ReadInt64LittleEndian(Buffer.AsSpan(at + 8)));
            targets.Add(new MapTarget(start, length, Text(at + 24, MostType + 1), Text(at + SpecLength, Buffer.Length - at - SpecLength).Trim()));
            at = data + (int)Get(at + 20); // counted from the first one, unlike in a request
        }
        return targets;
    }

    /// <summary>The answer of ListDevices: names and numbers.</summary>
    public IReadOnlyList<(string Name, string Number)> Names()
    {
        var names = new List<(string, string)>();
        var at = (int)Get(DataStartAt);
        while (BinaryPrimitives.ReadUInt64LittleEndian(Buffer.AsSpan(at)) is not 0 and var number)
        {
            names.Add((Text(at + 12, MostName + 1), NumberText(number)));
            var next = (int)Get(at + 8);
            if (next == 0) break;
            at += next;
        }
        return names;
    }

    private static int SpecAndParameters(MapTarget target) => SpecLength + (Encoding.UTF8.GetByteCount(target.Parameters) + 1 + 7) / 8 * 8;

    /// <summary>The kernel's 64-bit form of a device number (new_encode_dev).</summary>
    private static string NumberText(ulong number) => $"{(number >> 8) & 0xfff}:{(number & 0xff) | ((number >> 12) & 0xfff00)}";

    private int PutTarget(int at, MapTarget target)
    {
        var length = SpecAndParameters(target);
        BinaryPrimitives.WriteInt64LittleEndian(Buffer.AsSpan(at), target.Start);
        BinaryPrimitives.WriteInt64LittleEndian(Buffer.AsSpan(at + 8), target.Length);
        Put(at + 20, (uint)length);
        PutText(at + 24, target.Type, MostType);
        Encoding.UTF8.GetBytes(target.Parameters, Buffer.AsSpan(at + SpecLength));
        return length;
    }

    private void Put(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Buffer.AsSpan(at), value);

    private uint Get(int at) => BinaryPrimitives.ReadUInt32LittleEndian(Buffer.AsSpan(at));

    private void PutText(int at, string text, int most)
    {
        if (Encoding.UTF8.GetByteCount(text) > most) throw new ArgumentException($"'{text}' is longer than {most} bytes", nameof(text));
        Encoding.UTF8.GetBytes(text, Buffer.AsSpan(at));
    }

    private string Text(int at, int most)
    {
        var bytes = Buffer.AsSpan(at, Math.Min(most, Buffer.Length - at));
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }
}

internal enum DmCommand
{
    Version = 0, ListDevices = 2, Create = 3, Remove = 4, Suspend = 6, Status = 7, Load = 9, TableStatus = 12,
}

[Flags]
internal enum DmFlags : uint
{
    ReadOnly = 1 << 0,

    /// <summary>Of <see cref="DmCommand.Suspend"/>: without it, the device is resumed. Of an answer: it is suspended.</summary>
    Suspend = 1 << 1,
    StatusTable = 1 << 4,
    BufferFull = 1 << 8,

    /// <summary>Leaves the file system on it alone, which otherwise would be frozen and thawed with the suspension.</summary>
    SkipLockFs = 1 << 10,
    QueryInactive = 1 << 12,
    DeferredRemove = 1 << 17,
}
