using System.Net.Sockets;
using RescueKit.Agent.Hosting;
using RescueKit.Engine.Serving;
using RescueKit.Model;

namespace RescueKit.Agent.Protocol;

/// <summary>Serves a host on a local socket that its owner alone may use (PROTOCOL.md).</summary>
public sealed class HostServer : IAsyncDisposable
{
    /// <summary>sun_path of unix(7), with its zero.</summary>
    private const int LongestPath = 107;

    private readonly Socket _socket;
    private readonly string _path;
    private readonly RunHost _host;
    private readonly HostOptions _options;
    private readonly IJobHost? _jobs;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Task _accepting;

    private HostServer(Socket socket, string path, RunHost host, HostOptions options, IJobHost? jobs)
    {
        (_socket, _path, _host, _options, _jobs) = (socket, path, host, options, jobs);
        _accepting = AcceptAsync();
    }

    /// <summary>Serves from now on.</summary>
    /// <param name="jobs">What the host does on its own; null for nothing.</param>
    /// <exception cref="SafetyException">Another host serves there.</exception>
    /// <exception cref="DeviceException">The socket cannot be made.</exception>
    public static HostServer Start(string path, RunHost host, HostOptions options, IJobHost? jobs = null)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath) throw new UsageException($"{path} is too long for a socket", $"give a path of at most {LongestPath} bytes");
        RemoveStale(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            // Nobody can connect before it listens.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen();
            return new HostServer(socket, path, host, options, jobs);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new DeviceException($"the socket {path} cannot be made: {e.Message}", "give another path with --socket", e);
        }
    }

    /// <summary>Closes all connections; the host lives on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] open;
        lock (_lock) open = [.. _connections];
        await Task.WhenAll(open).ConfigureAwait(false);
        File.Delete(_path);
        _stop.Dispose();
    }

    private static void RemoveStale(string path)
    {
        switch (SocketPlaces.Look(path))
        {
            case SocketPlace.Abandoned:
                File.Delete(path);
                break;
            case SocketPlace.InUse:
                throw new SafetyException($"another host serves {path} already", "use that one, or give another path with --socket");
            case SocketPlace.Taken:
                throw new DeviceException($"{path} is there and is no socket of a host", "give another path with --socket");
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                _host.Log($"a client could not connect: {e.Message}");
                continue;
            }
            if (!PeerUser.MayUse(client))
            {
                _host.Log("a client of another user was turned away", isProblem: true);
                client.Dispose();
                continue;
            }
            var connection = new HostConnection(_host, _jobs, _options, new NetworkStream(client, ownsSocket: true)).ServeAsync(_stop.Token);
            lock (_lock) _connections.Add(connection);
            _ = connection.ContinueWith(done =>
            {
                lock (_lock) _connections.Remove(done);
            }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }
}
