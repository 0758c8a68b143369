using System.Net;
using System.Net.Sockets;
using RescueKit.Model;

namespace RescueKit.Engine.Serving.Nbd;

/// <summary>Serves one disk to any number of clients, until it is stopped. No client can keep it from serving others, or make it grow.</summary>
public sealed class NbdServer : IDisposable
{
    /// <summary>IANA's number for NBD.</summary>
    public const int DefaultPort = 10809;

    /// <summary>More connections than that at once are closed as they come.</summary>
    internal const int MostConnections = 4096;

    private const int Buffers = 256;

    /// <summary>Room for many pieces of replies in the kernel, so that who answers need not wait for who reads; the system may allow less. Of the first connections alone, which bounds it.</summary>
    private const int SendBytes = 4 << 20, ConnectionsWithRoom = 8;

    private const int Backlog = 128;

    private readonly NbdExport _export;
    private readonly NbdTls? _tls;
    private readonly Action<string> _report;
    private readonly BufferBudget _buffers = new(Buffers, NbdTransmission.BufferBytes);
    private readonly HashSet<Task> _connections = [];
    private readonly Lock _lock = new();
    private Socket? _listener;
    private string? _socketPath;
    private int _served;

    /// <param name="tls">With it, nothing is served without encryption.</param>
    /// <param name="report">Takes what a person should hear of, a sentence each, from any thread.</param>
    public NbdServer(NbdExport export, NbdTls? tls, Action<string> report) => (_export, _tls, _report) = (export, tls, report);

    /// <summary>How long a client may take for what it has begun.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How clients reach it, as qemu and libnbd write it.</summary>
    public string Uri { get; private set; } = "";

    /// <summary>Listens on a TCP port; 0 takes a free one.</summary>
    /// <exception cref="UsageException">Other machines would be served without encryption.</exception>
    /// <exception cref="DeviceException">The port is taken, or the address is none of this machine.</exception>
    public void Listen(IPAddress address, int port)
    {
        if (!IPAddress.IsLoopback(address) && _tls is null)
            throw new UsageException($"on {address} the disk could be read by other machines without encryption", "give --tls-certs DIR, or listen on 127.0.0.1 and let ssh -L carry it");
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        Start(listener, new IPEndPoint(address, port), $"port {port}");
        var end = (IPEndPoint)listener.LocalEndPoint!;
        Uri = $"nbd{(_tls is null ? "" : "s")}://{end}";
    }

    /// <summary>Listens on a socket of the file system, for its owner alone. One that a server has left there by being killed is taken away.</summary>
    /// <exception cref="DeviceException">Something is there, or cannot be made there.</exception>
    public void Listen(string path)
    {
        var full = Path.GetFullPath(path);
        if (SocketPlaces.Look(full) == SocketPlace.Abandoned) File.Delete(full);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        UnixDomainSocketEndPoint end;
        try
        {
            end = new UnixDomainSocketEndPoint(full);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new UsageException($"{full} is too long for the name of a socket", "name one with at most 107 bytes, for example in /tmp");
        }
        Start(listener, end, full);
        _socketPath = full;
        Uri = $"nbd{(_tls is null ? "" : "s")}+unix:///?socket={full}";
    }

    /// <summary>Serves until it is stopped; then every connection has ended.</summary>
    /// <param name="untilUnused">Also ends when the last client that was served has left.</param>
    public async Task RunAsync(bool untilUnused, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            while (true)
            {
                var client = await AcceptAsync(end.Token).ConfigureAwait(false);
                Begin(client, untilUnused ? end : null, end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
        Task[] left;
        lock (_lock) left = [.. _connections];
        await Task.WhenAll(left).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _listener?.Dispose();
        if (_socketPath is not null) File.Delete(_socketPath);
        _buffers.Dispose();
    }

    private void Start(Socket listener, EndPoint end, string what)
    {
        try
        {
            listener.Bind(end);
            // Nobody can connect before it listens.
            if (end is UnixDomainSocketEndPoint) File.SetUnixFileMode(what, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(Backlog);
            _listener = listener;
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new DeviceException($"cannot listen on {what}: {e.Message}", "choose another one, or end what listens there");
        }
    }

    private async Task<Socket> AcceptAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await _listener!.AcceptAsync(stop).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // Gone again, or no descriptor is free: others may end meanwhile.
                await Task.Delay(100, stop).ConfigureAwait(false);
            }
        }
    }

    private void Begin(Socket client, CancellationTokenSource? whenUnused, CancellationToken stop)
    {
        lock (_lock)
        {
            if (_connections.Count >= MostConnections)
            {
                client.Dispose();
                return;
            }
            if (_connections.Count < ConnectionsWithRoom) client.SendBufferSize = SendBytes;
            Task? task = null; // which the task itself takes away at its end
            var begin = new TaskCompletionSource();
            task = Task.Run(async () =>
            {
                await begin.Task.ConfigureAwait(false);
                await ServeAsync(client, stop).ConfigureAwait(false);
                bool isLast;
                lock (_lock)
                {
                    _connections.Remove(task!);
                    isLast = _served > 0 && _connections.Count == 0;
                }
                if (isLast && whenUnused is not null) await whenUnused.CancelAsync().ConfigureAwait(false);
            }, CancellationToken.None);
            _connections.Add(task);
            begin.SetResult();
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken stop)
    {
        if (client.ProtocolType == ProtocolType.Tcp) client.NoDelay = true;
        await using var wire = new NbdWire(new NetworkStream(client, ownsSocket: true), Patience, stop);
        try
        {
            var agreed = new NbdHandshake(wire, _export, _tls);
            if (!await agreed.RunAsync().ConfigureAwait(false)) return;
            Interlocked.Increment(ref _served);
            using var transmission = new NbdTransmission(wire, _export, agreed, _buffers, _report, stop);
            await transmission.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NbdBrokenException or OperationCanceledException or ObjectDisposedException)
        {
            // The client's own affair; others go on.
        }
    }
}
