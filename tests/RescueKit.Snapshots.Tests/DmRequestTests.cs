using System.Buffers.Binary;
using System.Text;
using RescueKit.Snapshots.DeviceMapper;

namespace RescueKit.Snapshots.Tests;

/// <summary>The bytes that the kernel is sent, against include/uapi/linux/dm-ioctl.h.</summary>
public class DmRequestTests
{
    [Fact]
    public void A_table_is_laid_out_as_the_kernel_reads_it()
    {
        var request = new DmRequest(DmCommand.Load, "live", table: [new MapTarget(0, 100, "linear", "8:1 0"), new MapTarget(100, 28, "error", "")]);
        var bytes = request.Buffer;
        Assert.Equal(0xc138fd09u, request.Code);
        Assert.Equal([4u, 0u, 0u, (uint)bytes.Length, 312u, 2u], Enumerable.Range(0, 6).Select(i => UInt32(bytes, i * 4)));
        Assert.Equal("live", Text(bytes, 0x30));
        Assert.Equal((0L, 100L, 48u, "linear", "8:1 0"), (Int64(bytes, 312), Int64(bytes, 320), UInt32(bytes, 332), Text(bytes, 336), Text(bytes, 352)));
        Assert.Equal((100L, 28L, "error"), (Int64(bytes, 360), Int64(bytes, 368), Text(bytes, 384)));
        Assert.Equal(0, bytes.Length % 8);
    }

    [Fact]
    public void An_answers_targets_are_counted_from_the_first_one()
    {
        var answer = new DmRequest(DmCommand.TableStatus, room: 256);
        PutInt32(answer.Buffer, 0x14, 2);
        PutTarget(answer.Buffer, 312, 0, 8, 64, "snapshot", "16/128 8");
        PutTarget(answer.Buffer, 312 + 64, 8, 8, 128, "linear", "8:16 2048 ");
        Assert.Equal([new MapTarget(0, 8, "snapshot", "16/128 8"), new MapTarget(8, 8, "linear", "8:16 2048")], answer.Targets());
    }

    [Fact]
    public void Names_are_followed_to_the_last_one()
    {
        var answer = new DmRequest(DmCommand.ListDevices, room: 128);
        PutName(answer.Buffer, 312, 0xfd00, 24, "first");
        PutName(answer.Buffer, 336, 0xfd01 | 0x1000000, 0, "second");
        Assert.Equal([("first", "253:0"), ("second", "253:4097")], answer.Names());
        Assert.Empty(new DmRequest(DmCommand.ListDevices, room: 128).Names());
    }

    [Fact]
    public void Hidden_devices_switch_every_rule_of_udev_off() =>
        Assert.Equal(0x2f0000u, UInt32(new DmRequest(DmCommand.Suspend, "frozen", hidden: true).Buffer, 0x20));

    [Fact]
    public void A_name_that_is_too_long_is_refused() => Assert.Throws<ArgumentException>(() => new DmRequest(DmCommand.Create, new string('x', 128)));

    private static void PutTarget(byte[] bytes, int at, long start, long length, uint next, string type, string parameters)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), start);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at + 8), length);
        PutInt32(bytes, at + 20, next);
        Encoding.ASCII.GetBytes(type, bytes.AsSpan(at + 24));
        Encoding.ASCII.GetBytes(parameters, bytes.AsSpan(at + 40));
    }

    private static void PutName(byte[] bytes, int at, ulong number, uint next, string name)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), number);
        PutInt32(bytes, at + 8, next);
        Encoding.ASCII.GetBytes(name, bytes.AsSpan(at + 12));
    }

    private static void PutInt32(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);

    private static uint UInt32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static long Int64(byte[] bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at));

    private static string Text(byte[] bytes, int at) => Encoding.ASCII.GetString(bytes.AsSpan(at, bytes.AsSpan(at).IndexOf((byte)0)));
}
