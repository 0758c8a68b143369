using System.Text;

namespace RescueKit.Snapshots.Writers.Processes;

/// <summary>The last few KiB of what a program prints, however much that is. Safe for several threads.</summary>
internal sealed class BoundedText
{
    public const int MostBytes = 4 << 10;

    private readonly byte[] _ring = new byte[MostBytes];
    private readonly Lock _lock = new();
    private long _total;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var skipped = Math.Max(0, bytes.Length - MostBytes);
            _total += skipped;
            foreach (var value in bytes[skipped..]) _ring[_total++ % MostBytes] = value;
        }
    }

    /// <summary>Without control characters but line ends; empty where nothing was printed.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            var kept = (int)Math.Min(_total, MostBytes);
            var bytes = new byte[kept];
            for (var i = 0; i < kept; i++) bytes[i] = _ring[(_total - kept + i) % MostBytes];
            var text = string.Concat(Encoding.UTF8.GetString(bytes).Where(c => c == '\n' || !char.IsControl(c))).Trim();
            return _total > MostBytes ? "… " + text : text;
        }
    }
}
