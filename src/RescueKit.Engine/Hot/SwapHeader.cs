using RescueKit.Model;

namespace RescueKit.Engine.Hot;

/// <summary>
/// Swap in use as swap that has just been made: its header, which does not change, and zeros for all that is swapped out, which does. The
/// header is one page with the signature at its end; source: include/linux/swap.h of Linux (union swap_header).
/// </summary>
internal sealed class SwapHeader : IBlockSource
{
    private const int LeastPage = 4 << 10, MostPage = 64 << 10;

    private readonly IBlockSource _volume;
    private readonly byte[] _header;

    /// <exception cref="BlockReadException">It cannot be read.</exception>
    public SwapHeader(IBlockSource volume)
    {
        _volume = volume;
        var start = new byte[Math.Min(MostPage, volume.Length)];
        volume.Read(0, start);
        var page = LeastPage;
        while (page < start.Length && !start.AsSpan(0, page).EndsWith("SWAPSPACE2"u8)) page *= 2;
        _header = start[..Math.Min(page, start.Length)];
    }

    public string Name => _volume.Name;
    public long Length => _volume.Length;
    public DiskGeometry Geometry => _volume.Geometry;

    public void Read(long offset, Span<byte> buffer)
    {
        buffer.Clear();
        if (offset >= _header.Length) return;
        var part = _header.AsSpan((int)offset);
        part[..Math.Min(part.Length, buffer.Length)].CopyTo(buffer);
    }

    public ExtentSet DataIn(Extent window) => ExtentSet.Of(new Extent(0, _header.Length)).Clip(window);

    public void Dispose()
    {
    }
}
