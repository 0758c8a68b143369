using RescueKit.Model;

namespace RescueKit.Images.Codecs;

/// <summary>Decodes the data of one frame at a time; what it is given may be hostile. One instance per thread.</summary>
internal sealed unsafe class ChunkDecompressor : IDisposable
{
    private nint _zstd;

    /// <summary>True where <paramref name="source"/> decodes to exactly the bytes of <paramref name="target"/>.</summary>
    /// <exception cref="DeviceException">The codec's library is not on this system.</exception>
    public bool TryDecompress(CodecKind codec, ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (codec == CodecKind.None)
        {
            if (source.Length != target.Length) return false;
            source.CopyTo(target);
            return true;
        }
        if (source.IsEmpty || target.IsEmpty) return false;
        try
        {
            fixed (byte* from = source, to = target)
            {
                if (codec == CodecKind.Lz4) return Lz4Native.Decompress(from, to, source.Length, target.Length) == target.Length;
                if (_zstd == 0) _zstd = ZstdNative.CreateDecompressor();
                var length = ZstdNative.Decompress(_zstd, to, (nuint)target.Length, from, (nuint)source.Length);
                return ZstdNative.IsError(length) == 0 && length == (nuint)target.Length;
            }
        }
        catch (DllNotFoundException e)
        {
            throw CodecLibraries.Missing(codec, e);
        }
    }

    public void Dispose()
    {
        if (_zstd != 0) ZstdNative.FreeDecompressor(_zstd);
        _zstd = 0;
    }
}

internal static class CodecLibraries
{
    public static DeviceException Missing(CodecKind codec, DllNotFoundException e)
    {
        var (library, package) = codec == CodecKind.Lz4 ? (Lz4Native.Library, "liblz4-1") : (ZstdNative.Library, "libzstd1");
        return new DeviceException($"the library {library} is not on this system", $"install it (Debian: apt-get install {package})", e);
    }
}
