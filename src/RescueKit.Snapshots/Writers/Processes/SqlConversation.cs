using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace RescueKit.Snapshots.Writers.Processes;

/// <summary>
/// A database's command line client that stays connected: statements go in, rows come out until a word that was asked for last. The client ends
/// at the first error, so that an end before that word is a failure and what was printed says which.
/// </summary>
internal sealed class SqlConversation : IDisposable
{
    private const int MostLines = 10_000;

    private readonly ChildProcess _client;
    private readonly BlockingCollection<string> _lines = new(MostLines);
    private volatile bool _isOver;

    /// <exception cref="WriterException">The client cannot be started.</exception>
    public SqlConversation(ChildCommand client)
    {
        _client = new ChildProcess(client);
        new Thread(Listen) { IsBackground = true, Name = "writer's answers" }.Start();
    }

    public BoundedText Said { get; } = new();

    /// <summary>Rows, as the client separates their columns.</summary>
    /// <exception cref="WriterException">A statement failed, the connection is lost, or it took too long; the client has ended then.</exception>
    public IReadOnlyList<string> Ask(string statements, TimeSpan deadline)
    {
        if (_isOver) throw new WriterException("is not connected any more");
        var started = Stopwatch.GetTimestamp();
        var last = "rescuekit-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        _client.Say($"{statements}\nSELECT '{last}';\n");
        var rows = new List<string>();
        while (true)
        {
            var left = deadline - Stopwatch.GetElapsedTime(started);
            if (!_lines.TryTake(out var line, left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                var isEnd = _lines.IsCompleted;
                Abandon();
                throw new WriterException(isEnd ? Explain(rows) : FormattableString.Invariant($"did not answer within {deadline.TotalSeconds:0.#} s"));
            }
            if (line == last) return rows;
            rows.Add(line);
        }
    }

    /// <summary>Ends the client, and with it the connection and whatever it holds.</summary>
    public void Abandon()
    {
        _isOver = true;
        _client.EndAtOnce();
    }

    public void Dispose()
    {
        _isOver = true;
        _client.EndInput();
        if (!_client.WaitForExit(TimeSpan.FromSeconds(1))) _client.EndAtOnce();
        _client.WaitForExit(TimeSpan.FromSeconds(1));
        _client.Dispose();
    }

    private static string Explain(List<string> rows)
    {
        var error = rows.FindIndex(row => row.Contains("ERROR", StringComparison.OrdinalIgnoreCase) || row.Contains("FATAL", StringComparison.Ordinal));
        var text = string.Join(' ', rows[Math.Max(error, 0)..]).Trim();
        return text.Length == 0 ? "closed the connection" : "said: " + (text.Length > 500 ? text[..500] + "…" : text);
    }

    private void Listen()
    {
        try
        {
            using var reader = new StreamReader(_client.Output, Encoding.UTF8);
            while (reader.ReadLine() is { } line)
            {
                Said.Add(Encoding.UTF8.GetBytes(line + "\n"));
                _lines.TryAdd(line, TimeSpan.FromSeconds(1));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
        _lines.CompleteAdding();
    }
}
