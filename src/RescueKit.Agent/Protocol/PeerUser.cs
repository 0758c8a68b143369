using System.Net.Sockets;
using System.Runtime.InteropServices;
using RescueKit.Agent.Interop;

namespace RescueKit.Agent.Protocol;

/// <summary>Who is at the other end of a local socket, as the kernel tells it (unix(7), SO_PEERCRED).</summary>
internal static class PeerUser
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>Root, and whoever the host itself belongs to: the socket's mode says so, too, unless somebody changes it.</summary>
    public static bool MayUse(Socket client)
    {
        Span<int> credentials = stackalloc int[3]; // struct ucred: pid, uid, gid
        try
        {
            var bytes = MemoryMarshal.AsBytes(credentials);
            return client.GetRawSocketOption(SolSocket, SoPeerCred, bytes) == bytes.Length && IsAllowed((uint)credentials[1], LibC.UserId());
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public static bool IsAllowed(uint peer, uint own) => peer == 0 || peer == own;
}
