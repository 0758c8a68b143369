using System.Net.Sockets;

namespace RescueKit.Engine.Serving;

/// <summary>What lies where a server wants to make a socket of the file system.</summary>
public enum SocketPlace
{
    Free,

    /// <summary>A socket that a server has left there by being killed.</summary>
    Abandoned,

    /// <summary>Somebody listens there.</summary>
    InUse,

    /// <summary>A file or folder of somebody's, or a socket that does not tell.</summary>
    Taken,
}

public static class SocketPlaces
{
    /// <summary>Asks by connecting. A file refuses that, too, but can be opened, as a socket cannot: what somebody may miss is never called abandoned.</summary>
    public static SocketPlace Look(string path)
    {
        if (!Path.Exists(path)) return SocketPlace.Free;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return SocketPlace.InUse;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused && !CanBeOpened(path) ? SocketPlace.Abandoned : SocketPlace.Taken;
        }
        catch (ArgumentOutOfRangeException)
        {
            return SocketPlace.Taken;
        }
    }

    private static bool CanBeOpened(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true; // a folder, or a file of somebody else's
        }
        catch (IOException)
        {
            return false;
        }
    }
}
