using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace RescueKit.Engine.Tests.Serving;

/// <summary>Speaks the protocol by hand, so that a test can say what no real client says.</summary>
internal sealed class NbdClient : IDisposable
{
    private const ulong OptionMagic = 0x49484156454F5054;
    private readonly Socket _socket;

    public NbdClient(Socket socket)
    {
        _socket = socket;
        var hello = Read(18);
        Assert.Equal("NBDMAGICIHAVEOPT", Encoding.ASCII.GetString(hello[..16]));
        Send(BigEndian(3u));
    }

    /// <summary>Over to requests: the size of the disk, and what can be done with it.</summary>
    public (long Length, ushort Flags) Go(bool structured = true)
    {
        if (structured) Assert.Equal(1u, Option(8, []).Single().Kind);
        var replies = Option(7, [.. BigEndian(0u), 0, 0]);
        Assert.Equal(1u, replies[^1].Kind);
        var export = replies.Single(reply => reply.Kind == 3 && reply.Data[..2] is [0, 0]).Data;
        return (BinaryPrimitives.ReadInt64BigEndian(export.AsSpan(2)), BinaryPrimitives.ReadUInt16BigEndian(export.AsSpan(10)));
    }

    /// <summary>All replies to an option, up to the last one.</summary>
    public List<(uint Kind, byte[] Data)> Option(uint option, byte[] data)
    {
        Send([.. BigEndian(OptionMagic), .. BigEndian(option), .. BigEndian((uint)data.Length), .. data]);
        var replies = new List<(uint, byte[])>();
        while (true)
        {
            var header = Read(20);
            Assert.Equal(option, BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)));
            var kind = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12));
            replies.Add((kind, Read(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16)))));
            if (kind is 1 or >= 1u << 31) return replies;
        }
    }

    public void Request(ushort command, ulong offset, uint length, ushort flags = 0, ulong cookie = 5, byte[]? data = null) =>
        Send([.. BigEndian(0x25609513u), (byte)(flags >> 8), (byte)flags, (byte)(command >> 8), (byte)command, .. BigEndian(cookie), .. BigEndian(offset), .. BigEndian(length), .. data ?? []]);

    /// <summary>One chunk of a structured reply.</summary>
    public (ushort Flags, ushort Kind, byte[] Data) Chunk(ulong cookie = 5)
    {
        var header = Read(20);
        Assert.Equal(0x668e33efu, BinaryPrimitives.ReadUInt32BigEndian(header));
        Assert.Equal(cookie, BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8)));
        return (BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)), BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6)), Read(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16))));
    }

    /// <summary>The error of the one chunk that says so; 0 where it says that all is well.</summary>
    public uint Error()
    {
        var (flags, kind, data) = Chunk();
        Assert.Equal(1, flags);
        return kind >= 1 << 15 ? BinaryPrimitives.ReadUInt32BigEndian(data) : 0;
    }

    public byte[] Read(int length)
    {
        var bytes = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var read = _socket.Receive(bytes.AsSpan(filled));
            if (read == 0) throw new EndOfStreamException();
            filled += read;
        }
        return bytes;
    }

    public void Send(byte[] bytes) => _socket.Send(bytes);

    /// <summary>The server has hung up.</summary>
    public void MustBeClosed()
    {
        _socket.ReceiveTimeout = 120_000;
        try
        {
            while (_socket.Receive(new byte[4096]) > 0) { }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // Closed with something unread.
        }
    }

    public void Dispose() => _socket.Dispose();

    public static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] BigEndian(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
