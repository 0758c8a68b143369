using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>Files of a folder, read once from the first byte of the first to the last byte of the last.</summary>
internal sealed class PartsReader : IDisposable
{
    private readonly ImportFolder _folder;
    private readonly IReadOnlyList<string> _names;
    private readonly bool _checkSums;
    private readonly Action<int>? _passed;
    private readonly CancellationToken _cancel;
    private IPartReader? _part;
    private IReadOnlyList<SumCheck> _checks = [];
    private int _next;
    private long _at;

    /// <param name="checkSums">Where all of them are going to be read.</param>
    /// <param name="passed">Is told how many bytes have been read, each time.</param>
    public PartsReader(ImportFolder folder, IReadOnlyList<string> names, bool checkSums, Action<int>? passed, CancellationToken cancel)
    {
        (_folder, _names, _checkSums, _passed, _cancel) = (folder, names, checkSums, passed, cancel);
        foreach (var name in names)
        {
            using var part = folder.Open(name);
            Length += part.Length;
        }
    }

    /// <summary>Bytes of all of them.</summary>
    public long Length { get; }

    /// <returns>How many bytes were read; 0 at the end.</returns>
    /// <exception cref="ImageDamagedException">A file that has been read to its end is not what its sum says.</exception>
    public int Read(Span<byte> buffer)
    {
        _cancel.ThrowIfCancellationRequested();
        while (_part is null || _at == _part.Length)
        {
            End();
            if (_next == _names.Count) return 0;
            Begin(_names[_next++]);
        }
        var read = buffer[..(int)Math.Min(buffer.Length, _part.Length - _at)];
        _part.Read(_at, read);
        _at += read.Length;
        foreach (var check in _checks) check.Add(read);
        _passed?.Invoke(read.Length);
        return read.Length;
    }

    /// <summary>Reads as much as the buffer takes.</summary>
    /// <returns>How much there was.</returns>
    public int Fill(Span<byte> buffer) => Filling.Fill(Read, buffer);

    /// <summary>Checks the file that has been read last.</summary>
    public void End()
    {
        foreach (var check in _checks) check.End();
        Close();
    }

    public void Dispose() => Close();

    private void Begin(string name)
    {
        _part = _folder.Open(name);
        _at = 0;
        if (_checkSums) _checks = _folder.Sums.Checks(name, _cancel);
    }

    private void Close()
    {
        foreach (var check in _checks) check.Dispose();
        _checks = [];
        _part?.Dispose();
        _part = null;
    }
}

/// <returns>How many bytes were read; 0 at the end.</returns>
internal delegate int ReadBytes(Span<byte> buffer);

internal static class Filling
{
    /// <summary>Reads until the buffer is full or nothing is left.</summary>
    /// <returns>How much there was.</returns>
    public static int Fill(ReadBytes read, Span<byte> buffer)
    {
        var filled = 0;
        for (var n = -1; filled < buffer.Length && n != 0; filled += n) n = read(buffer[filled..]);
        return filled;
    }
}
