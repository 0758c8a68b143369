using System.Text;
using RescueKit.Snapshots.Interop;

namespace RescueKit.Snapshots.Freezing;

/// <summary>The helper's side of its standard input and output: lines, without the buffers and threads of a console.</summary>
internal sealed class HelperPipe
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _filled;

    /// <summary>The other side has closed it, or is gone.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Null where nothing came within the time, or nothing comes any more.</summary>
    public string? ReadLine(int milliseconds)
    {
        while (true)
        {
            if (_buffer.AsSpan(0, _filled).IndexOf((byte)'\n') is >= 0 and var end)
            {
                var line = Encoding.UTF8.GetString(_buffer, 0, end);
                _buffer.AsSpan(end + 1, _filled - end - 1).CopyTo(_buffer);
                _filled -= end + 1;
                return line;
            }
            if (IsClosed || _filled == _buffer.Length) return null;
            var count = Kernel.Read(0, _buffer.AsSpan(_filled), milliseconds);
            if (count < 0) return null;
            IsClosed = count == 0;
            _filled += count;
        }
    }

    public static void WriteLine(string line) => Kernel.Write(1, Encoding.UTF8.GetBytes(line + "\n"));
}
