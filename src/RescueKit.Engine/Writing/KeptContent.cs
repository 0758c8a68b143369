using RescueKit.Engine.Content;
using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>
/// What a clone writes last (tables, boot sectors, superblocks), kept from the pass that read it: hours later a dying disk may not
/// give it a second time. Zeros take no room. Thread-safe.
/// </summary>
/// <param name="wanted">Disk offsets.</param>
/// <param name="again">Asked for what goes beyond <see cref="MostBytes"/>: only a disk with dozens of partitions that are taken whole has so much.</param>
internal sealed class KeptContent(ExtentSet wanted, ContentSource again)
{
    private const int PageBytes = 4096;
    private const long MostBytes = 64 << 20;

    private readonly ExtentSet _wanted = wanted.AlignOutward(PageBytes, again.Length);
    private readonly Dictionary<long, byte[]> _pages = [];
    private readonly HashSet<long> _notKept = [];
    private readonly Lock _lock = new();

    /// <summary>Takes what is wanted of whole chunks; of chunks that are never given, and of what was lost, zeros are kept.</summary>
    public void Keep(Extent range, ReadOnlySpan<byte> content)
    {
        foreach (var extent in _wanted.Overlapping(range))
        {
            var part = extent.Intersect(range);
            for (var at = part.Offset; at < part.End; at += PageBytes)
                KeepPage(at / PageBytes, content.Slice((int)(at - range.Offset), (int)Math.Min(PageBytes, part.End - at)));
        }
    }

    /// <summary>Fills the buffer; what was not wanted reads as zeros.</summary>
    /// <exception cref="BlockReadException">Too much was wanted to be kept, and the disk does not give it again.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var inPage = (int)(offset % PageBytes);
            var take = Math.Min(buffer.Length, PageBytes - inPage);
            ReadPage(offset / PageBytes, inPage, buffer[..take]);
            buffer = buffer[take..];
            offset += take;
        }
    }

    private void KeepPage(long page, ReadOnlySpan<byte> content)
    {
        if (!content.ContainsAnyExcept((byte)0)) return;
        lock (_lock)
        {
            if (_pages.Count < MostBytes / PageBytes) _pages[page] = content.ToArray();
            else _notKept.Add(page);
        }
    }

    private void ReadPage(long page, int start, Span<byte> buffer)
    {
        byte[]? kept;
        lock (_lock)
        {
            if (!_pages.TryGetValue(page, out kept) && !_notKept.Contains(page))
            {
                buffer.Clear();
                return;
            }
        }
        if (kept is not null) kept.AsSpan(start, buffer.Length).CopyTo(buffer);
        else again.Read(page * PageBytes + start, buffer);
    }
}
