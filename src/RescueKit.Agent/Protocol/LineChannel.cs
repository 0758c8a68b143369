using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RescueKit.Agent.Protocol;

/// <summary>A line was longer than its reader takes.</summary>
internal sealed class LineTooLongException(int limit) : Exception($"a line is longer than {limit} bytes");

/// <summary>Messages as lines of JSON over a stream. One reader; several writers.</summary>
/// <param name="longestLine">Bytes that are read of a line before it is refused.</param>
internal sealed class LineChannel(Stream stream, int longestLine) : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);
    private byte[] _buffer = new byte[16 << 10];
    private int _start;
    private int _end;

    /// <returns>The next line without its end; null where the other side is done.</returns>
    /// <exception cref="LineTooLongException">It is too long; the channel cannot go on.</exception>
    /// <exception cref="IOException">The other side is gone.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadLineAsync(CancellationToken cancel)
    {
        for (var searched = 0; ;)
        {
            var found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                var line = _buffer.AsSpan(_start, searched + found).ToArray();
                _start += searched + found + 1;
                return line;
            }
            searched = _end - _start;
            if (searched > longestLine) throw new LineTooLongException(longestLine);
            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancel).ConfigureAwait(false);
            if (read == 0) return null; // a line without its end was never said
            _end += read;
        }
    }

    /// <exception cref="IOException">The other side is gone.</exception>
    public async Task WriteAsync<T>(T message, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, type);
        var line = new byte[json.Length + 1];
        json.CopyTo(line, 0);
        line[^1] = (byte)'\n';
        await _writing.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            // A line that was begun is finished, or the next one would be read as its rest.
            await stream.WriteAsync(line, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => stream.Dispose();

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
    }
}
