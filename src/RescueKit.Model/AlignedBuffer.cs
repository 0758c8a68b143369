using System.Buffers;
using System.Runtime.InteropServices;

namespace RescueKit.Model;

/// <summary>Native memory aligned for O_DIRECT and kept out of the garbage collector's sight. Contents start undefined.</summary>
public sealed unsafe class AlignedBuffer : MemoryManager<byte>
{
    /// <summary>Bytes: enough for every sector size in use and for page-granular transfers.</summary>
    public const int Alignment = 4096;

    private byte* _memory;

    public AlignedBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Length = length;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)length, Alignment);
    }

    public int Length { get; }
    public Span<byte> Span => GetSpan();

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_memory == null, this);
        return new Span<byte>(_memory, Length);
    }

    public override MemoryHandle Pin(int elementIndex = 0) => new(_memory + elementIndex);
    public override void Unpin() { }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
