using System.Runtime.InteropServices;
using RescueKit.Model;

namespace RescueKit.Images.Codecs;

/// <summary>Compresses one chunk at a time with state that is made once. One instance per thread.</summary>
internal sealed unsafe class ChunkCompressor : IDisposable
{
    private readonly CodecKind _codec;
    private readonly int _level;
    private void* _lz4State;
    private nint _zstd;

    /// <exception cref="DeviceException">The codec's library is not on this system.</exception>
    public ChunkCompressor(CodecKind codec, int? level)
    {
        _codec = codec;
        _level = level ?? ZstdNative.DefaultLevel;
        try
        {
            if (codec == CodecKind.Lz4) _lz4State = NativeMemory.AlignedAlloc((nuint)Lz4Native.SizeOfState(), AlignedBuffer.Alignment);
            if (codec == CodecKind.Zstd) _zstd = ZstdNative.CreateCompressor();
        }
        catch (DllNotFoundException e)
        {
            throw CodecLibraries.Missing(codec, e);
        }
    }

    /// <summary>
    /// The compressed length, or 0 where the result would not be shorter than <paramref name="target"/> or the codec is none: store it as it is.
    /// </summary>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (_codec == CodecKind.None || source.IsEmpty || target.IsEmpty) return 0;
        fixed (byte* from = source, to = target)
        {
            if (_codec == CodecKind.Lz4) return Lz4Native.Compress(_lz4State, from, to, source.Length, target.Length, 1);
            var length = ZstdNative.Compress(_zstd, to, (nuint)target.Length, from, (nuint)source.Length, _level);
            return ZstdNative.IsError(length) != 0 ? 0 : (int)length;
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_lz4State);
        _lz4State = null;
        if (_zstd != 0) ZstdNative.FreeCompressor(_zstd);
        _zstd = 0;
    }
}
