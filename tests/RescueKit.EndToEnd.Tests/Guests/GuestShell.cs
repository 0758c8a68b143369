using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>What a script in a guest printed and how it ended.</summary>
internal sealed record GuestResult(string Script, int ExitCode, string Output, string Error)
{
    public string Everything => $"in the guest: {Script}\nexit code {ExitCode}\n{Output}\n{Error}";
}

/// <summary>This side of init.sh's protocol: sends scripts, hands answers to who waits for them. Thread-safe.</summary>
internal sealed class GuestShell : IDisposable
{
    private readonly NetworkStream _stream;
    private readonly ConcurrentDictionary<string, (string Script, TaskCompletionSource<GuestResult> Answer)> _waiting = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _oneSender = new();
    private int _last;

    public GuestShell(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _ = Listen();
    }

    /// <summary>Completes when init has loaded the modules and listens; fails when the guest ends before.</summary>
    public Task Ready => _ready.Task;

    public Task<GuestResult> Start(string script)
    {
        var id = "job" + Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        var answer = new TaskCompletionSource<GuestResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = (script, answer);
        lock (_oneSender) _stream.Write(Encoding.ASCII.GetBytes($"{id} {Convert.ToBase64String(Encoding.UTF8.GetBytes(script))}\n"));
        return answer.Task;
    }

    public void Dispose() => _stream.Dispose();

    private async Task Listen()
    {
        Exception end = new IOException("the guest hung up");
        try
        {
            using var reader = new StreamReader(_stream, Encoding.ASCII, leaveOpen: true);
            while (await reader.ReadLineAsync() is { } line) Answer(line.Split(' '));
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or FormatException)
        {
            end = error;
        }
        _ready.TrySetException(end);
        foreach (var (_, answer) in _waiting.Values) answer.TrySetException(end);
    }

    private void Answer(string[] words)
    {
        if (words[0] == "ready") _ready.TrySetResult();
        else if (_waiting.TryRemove(words[0], out var asked))
            asked.Answer.TrySetResult(new GuestResult(asked.Script, int.Parse(words[1], CultureInfo.InvariantCulture), Text(words[2]), Text(words[3])));
    }

    /// <summary>Each text ends with a mark, so that an empty one is a word too.</summary>
    private static string Text(string word) => Encoding.UTF8.GetString(Convert.FromBase64String(word[..^1]));
}
