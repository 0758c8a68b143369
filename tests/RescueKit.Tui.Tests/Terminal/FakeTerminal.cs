using System.Collections.Concurrent;
using System.Text;
using RescueKit.Tui.Terminal;

namespace RescueKit.Tui.Tests.Terminal;

/// <summary>A terminal of which a test types the bytes and reads what was written.</summary>
internal sealed class FakeTerminal : ITerminal
{
    private readonly BlockingCollection<byte[]> _typed = [];
    private readonly StringBuilder _written = new();
    private readonly EmulatedScreen _screen = new(250, 100);
    private readonly Lock _lock = new();

    public (int Columns, int Rows)? Size { get; set; } = (80, 24);
    public event Action? Resized;
    public int Entered { get; private set; }
    public int Left { get; private set; }
    public bool IsGone { get; set; }

    public string Written
    {
        get { lock (_lock) return _written.ToString(); }
    }

    public string Screen
    {
        get { lock (_lock) return _screen.Text; }
    }

    public void Type(string bytes) => _typed.Add(Encoding.UTF8.GetBytes(bytes));
    public void End() => _typed.CompleteAdding();

    public void Resize(int columns, int rows)
    {
        Size = (columns, rows);
        Resized?.Invoke();
    }

    public void Enter() => Entered++;
    public void Leave() => Left++;

    public int Read(Span<byte> buffer, TimeSpan wait)
    {
        if (!_typed.TryTake(out var bytes, wait)) return _typed.IsCompleted ? -1 : 0;
        bytes.CopyTo(buffer);
        return bytes.Length;
    }

    public void Write(string text)
    {
        if (IsGone) throw new IOException("gone");
        lock (_lock)
        {
            _written.Append(text);
            _screen.Show(text);
        }
    }
}
