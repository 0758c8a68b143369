using System.Collections.Concurrent;
using System.Text.Json;
using RescueKit.Agent.Hosting;
using RescueKit.Model;

namespace RescueKit.Agent.Protocol;

/// <summary>One client of the host. Whatever it sends, the host answers or hangs up, and lives on.</summary>
internal sealed class HostConnection(RunHost host, IJobHost? jobs, HostOptions options, Stream stream) : IDisposable
{
    private const int LongestLine = 1 << 20;

    /// <summary>Calls of one client at a time; further ones wait.</summary>
    private const int MostCalls = 32;

    private readonly LineChannel _channel = new(stream, LongestLine);
    private readonly SemaphoreSlim _room = new(MostCalls, MostCalls);
    private readonly ConcurrentBag<int> _planned = [];
    private readonly ConcurrentBag<string> _files = [];

    /// <summary>Returns when the client is gone and its calls have ended. What it had planned and not started is let go then, and images that it looked into are closed.</summary>
    public async Task ServeAsync(CancellationToken stop)
    {
        var calls = new List<Task>();
        try
        {
            while (await _channel.ReadLineAsync(stop).ConfigureAwait(false) is { } line)
            {
                await _room.WaitAsync(stop).ConfigureAwait(false);
                calls.RemoveAll(call => call.IsCompleted);
                calls.Add(ServeLineAsync(line));
            }
        }
        catch (LineTooLongException e)
        {
            await AnswerAsync(new AnswerMessage { Error = options.Factory.Explain(new UsageException(e.Message)) }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone, or the host is ending.
        }
        _channel.Dispose();
        // A plan that is still being made belongs to nobody when it is done.
        _ = Task.WhenAll(calls).ContinueWith(_ =>
        {
            foreach (var run in _planned) host.LetGo(run);
            foreach (var files in _files) host.CloseFiles(files);
            Dispose();
        }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _room.Dispose();
    }

    private async Task ServeLineAsync(ReadOnlyMemory<byte> line)
    {
        try
        {
            await AnswerAsync(await AnswerToAsync(line).ConfigureAwait(false)).ConfigureAwait(false);
        }
        finally
        {
            _room.Release();
        }
    }

    private async Task<AnswerMessage> AnswerToAsync(ReadOnlyMemory<byte> line)
    {
        long? id = null;
        try
        {
            var message = Parse(line);
            id = message.Id;
            return new AnswerMessage { Id = id, Result = await InvokeAsync(message).ConfigureAwait(false) };
        }
        catch (HostException e)
        {
            return new AnswerMessage { Id = id, Error = e.Problem };
        }
        catch (Exception e)
        {
            return new AnswerMessage { Id = id, Error = options.Factory.Explain(e) };
        }
    }

    private async Task<JsonElement?> InvokeAsync(CallMessage message)
    {
        if (message.Call == CallNames.Hello)
            return JsonSerializer.SerializeToElement(new HelloResult(options.Version, CallNames.ProtocolVersion), ProtocolJson.Default.HelloResult);
        var result = await CallTable.InvokeAsync(host, jobs, message, CancellationToken.None).ConfigureAwait(false);
        if (message.Call == CallNames.Prepare) _planned.Add(result!.Value.GetProperty("id").GetInt32());
        if (message.Call == CallNames.OpenFiles) _files.Add(result!.Value.GetProperty("id").GetString()!);
        return result;
    }

    private static CallMessage Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line.Span, ProtocolJson.Default.CallMessage) ?? throw new UsageException("the line is no call");
        }
        catch (JsonException e)
        {
            throw new UsageException($"the line is no call: {e.Message}");
        }
    }

    private async Task AnswerAsync(AnswerMessage answer)
    {
        try
        {
            await _channel.WriteAsync(answer, ProtocolJson.Default.AnswerMessage, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }
}
