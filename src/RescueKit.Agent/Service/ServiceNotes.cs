using System.Diagnostics;
using System.Net.Sockets;
using RescueKit.Model;

namespace RescueKit.Agent.Service;

/// <summary>Tells systemd how the service stands: sd_notify(3), one datagram each. Nothing where nobody asked for it.</summary>
/// <param name="address">$NOTIFY_SOCKET: a path, or '@' and an abstract name; null for nobody.</param>
public sealed class ServiceNotes(string? address, Action<string> complain)
{
    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    /// <summary>Followed by <see cref="Ready"/>.</summary>
    public void Reloading() => Send($"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}");

    public void Stopping() => Send("STOPPING=1\nSTATUS=stopping the runs that are going on");

    private void Send(string message)
    {
        if (string.IsNullOrEmpty(address)) return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(System.Text.Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(address[0] == '@' ? "\0" + address[1..] : address));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            complain($"systemd cannot be told how the service stands: {e.Message}");
        }
    }
}
