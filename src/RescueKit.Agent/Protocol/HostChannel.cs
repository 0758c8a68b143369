using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;

namespace RescueKit.Agent.Protocol;

/// <summary>One connection to a host: calls go out, answers find the call that waits for them.</summary>
internal sealed class HostChannel : IAsyncDisposable
{
    /// <summary>A receipt that lists very many bad ranges is long.</summary>
    private const int LongestAnswer = 256 << 20;

    private const string StartIt = "start it: systemctl start rescuekit-agent, which wants /etc/rescuekit/agent.json; or rescuekit agent run";

    private static readonly ProtocolJson Json = ProtocolJson.Default;
    private readonly LineChannel _channel;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<AnswerMessage>> _waiting = [];
    private readonly Task _reading;
    private long _lastId;
    private volatile bool _isGone;

    private HostChannel(Stream stream)
    {
        _channel = new LineChannel(stream, LongestAnswer);
        _reading = Task.Run(ReadAsync);
    }

    public bool IsGone => _isGone;

    /// <exception cref="HostException">Nobody serves there.</exception>
    public static async Task<HostChannel> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel).ConfigureAwait(false);
            return new HostChannel(new NetworkStream(socket, ownsSocket: true));
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException or ArgumentException)
            {
                // The runtime calls a socket that is not there an address that cannot be assigned.
                var (why, remedy) = (e as SocketException)?.SocketErrorCode switch
                {
                    SocketError.AddressNotAvailable => ("it is not there", StartIt),
                    SocketError.AccessDenied => (e.Message, "the agent is for root to ask: run it with sudo"),
                    _ => (e.Message, StartIt),
                };
                throw new HostException(new Problem($"no agent answers at {path}: {why}", "host_gone", remedy, 1));
            }
            throw;
        }
    }

    /// <exception cref="HostException">The host is gone.</exception>
    public async Task<AnswerMessage> SendAsync(string call, JsonElement? arguments, CancellationToken cancel)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<AnswerMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        try
        {
            if (_isGone) throw Gone();
            await _channel.WriteAsync(new CallMessage { Id = id, Call = call, Arguments = arguments }, Json.CallMessage, cancel).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _waiting.TryRemove(id, out _);
            if (e is not (IOException or ObjectDisposedException)) throw;
            _isGone = true; // before the reader has noticed
            throw Gone();
        }
        return await answer.Task.ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _channel.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
            {
                var answer = JsonSerializer.Deserialize(line.Span, Json.AnswerMessage);
                if (answer?.Id is { } id && _waiting.TryRemove(id, out var waiting)) waiting.TrySetResult(answer);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or JsonException or LineTooLongException)
        {
            // All the same to those who wait: there is no host to talk to any more.
        }
        _isGone = true;
        foreach (var id in _waiting.Keys)
        {
            if (_waiting.TryRemove(id, out var waiting)) waiting.TrySetException(Gone());
        }
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _reading.ConfigureAwait(false);
    }

    private static HostException Gone() => new(new Problem("the host has ended or hung up", "host_gone", "start it again: rescuekit agent run", 1));
}
