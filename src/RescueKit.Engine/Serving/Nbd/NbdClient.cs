using System.Buffers.Binary;
using System.Net.Sockets;
using RescueKit.Model;

namespace RescueKit.Engine.Serving.Nbd;

/// <summary>
/// A client's side of the handshake (proto.md, "Fixed newstyle negotiation"), for a kernel that speaks on its own from then on: replies are simple ones,
/// which is all that the client in Linux understands.
/// </summary>
public static class NbdClient
{
    private const int HelloLength = 18;
    private const int ExportLength = 10;

    /// <param name="path">A socket that a server without TLS listens on.</param>
    /// <returns>The connection, at the first request, and the size of the only export, bytes.</returns>
    /// <exception cref="DeviceException">There is no such server.</exception>
    public static (Socket Connection, long Length) Connect(string path)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            connection.Connect(new UnixDomainSocketEndPoint(path));
            return (connection, Agree(connection));
        }
        catch (SocketException e)
        {
            connection.Dispose();
            throw new DeviceException($"the NBD server at {path} does not answer: {e.Message}", inner: e);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static long Agree(Socket connection)
    {
        var hello = Receive(connection, HelloLength);
        if (BinaryPrimitives.ReadUInt64BigEndian(hello) != NbdProtocol.Magic || BinaryPrimitives.ReadUInt64BigEndian(hello.AsSpan(8)) != NbdProtocol.OptionMagic)
            throw new DeviceException("what answers is no NBD server of today");
        var wish = new byte[4 + 16]; // flags; then the option that begins the transmission, with the empty name of the only export
        BinaryPrimitives.WriteUInt32BigEndian(wish, (uint)(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes));
        BinaryPrimitives.WriteUInt64BigEndian(wish.AsSpan(4), NbdProtocol.OptionMagic);
        BinaryPrimitives.WriteUInt32BigEndian(wish.AsSpan(12), (uint)NbdOption.ExportName);
        connection.Send(wish);
        return BinaryPrimitives.ReadInt64BigEndian(Receive(connection, ExportLength));
    }

    private static byte[] Receive(Socket connection, int length)
    {
        var bytes = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var read = connection.Receive(bytes.AsSpan(filled));
            filled += read > 0 ? read : throw new DeviceException("the NBD server hung up");
        }
        return bytes;
    }
}
