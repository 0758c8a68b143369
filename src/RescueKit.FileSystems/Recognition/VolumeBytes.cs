using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.FileSystems.Recognition;

/// <summary>
/// Small reads all over a volume, for signatures: reads whole pages and keeps them, so that many signatures in one page cost one read.
/// Not for several threads.
/// </summary>
internal sealed class VolumeBytes(IBlockSource volume)
{
    private const int Page = 4096;
    private readonly Dictionary<long, byte[]> _pages = [];

    public long Length => volume.Length;

    /// <summary>The bytes at an offset; null where they do not lie inside the volume.</summary>
    /// <exception cref="BlockReadException">They could not be read.</exception>
    public byte[]? Take(long offset, int length)
    {
        if (offset < 0 || length > Length || offset > Length - length) return null;
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            var inPage = (int)((offset + done) % Page);
            var take = Math.Min(length - done, Page - inPage);
            PageAt(offset + done - inPage).AsSpan(inPage, take).CopyTo(bytes.AsSpan(done));
            done += take;
        }
        return bytes;
    }

    public bool Has(long offset, ReadOnlySpan<byte> magic) => Take(offset, magic.Length) is { } bytes && magic.SequenceEqual(bytes);

    /// <summary>0 where it does not lie inside the volume: no signature is 0.</summary>
    public uint UInt32(long offset) => Take(offset, 4) is { } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : 0;

    public uint UInt32BigEndian(long offset) => BinaryPrimitives.ReverseEndianness(UInt32(offset));

    public ushort UInt16(long offset) => Take(offset, 2) is { } bytes ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : (ushort)0;

    public ulong UInt64(long offset) => Take(offset, 8) is { } bytes ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    /// <summary>UTF-8 up to the first zero byte, without blanks around it; null where nothing is left.</summary>
    public string? Text(long offset, int length)
    {
        if (Take(offset, length) is not { } bytes) return null;
        var end = bytes.AsSpan().IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(bytes, 0, end < 0 ? length : end).Trim();
        return text.Length == 0 ? null : text;
    }

    public string? Utf16Text(long offset, int length)
    {
        if (Take(offset, length) is not { } bytes) return null;
        var text = Encoding.Unicode.GetString(bytes);
        var end = text.IndexOf('\0', StringComparison.Ordinal);
        if (end >= 0) text = text[..end];
        return text.Length == 0 ? null : text;
    }

    /// <summary>16 bytes in the order in which they are printed; null where all are zero.</summary>
    public string? Uuid(long offset) =>
        Take(offset, 16) is { } bytes && bytes.AsSpan().ContainsAnyExcept((byte)0) ? new Guid(bytes, bigEndian: true).ToString() : null;

    private byte[] PageAt(long offset)
    {
        if (_pages.TryGetValue(offset, out var page)) return page;
        page = new byte[Page];
        volume.Read(offset, page.AsSpan(0, (int)Math.Min(Page, Length - offset)));
        return _pages[offset] = page;
    }
}
