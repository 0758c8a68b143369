using System.Runtime.InteropServices;

namespace RescueKit.Images.Codecs;

/// <summary>The reference implementation of LZ4 blocks: lz4.h of liblz4 1.9.</summary>
internal static unsafe partial class Lz4Native
{
    public const string Library = "liblz4.so.1";

    [LibraryImport(Library, EntryPoint = "LZ4_sizeofState")]
    public static partial int SizeOfState();

    [LibraryImport(Library, EntryPoint = "LZ4_compress_fast_extState")]
    public static partial int Compress(void* state, byte* source, byte* target, int sourceSize, int targetCapacity, int acceleration);

    [LibraryImport(Library, EntryPoint = "LZ4_decompress_safe")]
    public static partial int Decompress(byte* source, byte* target, int sourceSize, int targetCapacity);
}
