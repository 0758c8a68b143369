using System.Net;
using System.Net.Sockets;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Engine.Tests.Serving;

/// <summary>A server of one disk in this process, on a socket of its own.</summary>
internal sealed class ServedDisk : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly NbdServer _server;
    private readonly Task _run;

    /// <param name="tls">Over TCP, since names are what certificates are checked for.</param>
    public ServedDisk(IBlockSource disk, TimeSpan? patience = null, NbdTls? tls = null, bool untilUnused = false)
    {
        _server = new NbdServer(new NbdExport("disk", "a disk", disk), tls, message => Reports.Add(message)) { Patience = patience ?? TimeSpan.FromMinutes(2) };
        if (tls is null) _server.Listen(SocketPath);
        else _server.Listen(IPAddress.Loopback, 0);
        _run = _server.RunAsync(untilUnused, _stop.Token);
    }

    public List<string> Reports { get; } = [];
    public string Uri => _server.Uri;
    public string SocketPath => _folder.File("nbd");

    /// <summary>What a test needs room for.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>A bare connection; the server has said nothing yet.</summary>
    public Socket Connect()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return client;
    }

    public void MustEnd() => Assert.True(_run.Wait(TimeSpan.FromMinutes(2)), "the server goes on");

    public void Dispose()
    {
        _stop.Cancel();
        MustEnd();
        _server.Dispose();
        Assert.False(System.IO.File.Exists(SocketPath));
        _folder.Dispose();
        _stop.Dispose();
    }
}
