using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>How a partclone image begins. Source: partclone's src/partclone.h, image_desc_v1 and image_desc_v2; packed, little-endian.</summary>
/// <param name="Format">1 or 2.</param>
/// <param name="DeviceLength">Bytes of the volume.</param>
/// <param name="BlockSize">Bytes.</param>
/// <param name="HasChecksums">Of its blocks, all of their bytes: those of format 1 cover the first byte of each block alone (crc32_0001).</param>
internal sealed record PartcloneHeader(int Format, string FileSystem, long DeviceLength, long TotalBlocks, long UsedBlocks, int BlockSize, bool HasChecksums)
{
    /// <summary>Of both formats what is needed, bytes.</summary>
    public const int Length = 110;

    private const int VersionAt = 30;
    private const int EndiannessAt = 34;
    private const ushort LittleEndian = 0xc0de;
    private const int LargestBlock = 1 << 30;
    private const long LargestDevice = 1L << 60;

    private static ReadOnlySpan<byte> Magic => "partclone-image"u8;

    public long UsedBytes => UsedBlocks * BlockSize;

    public static bool Begins(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Magic);

    /// <param name="name">Of the image, for messages.</param>
    /// <returns>Null where it is no partclone image.</returns>
    /// <exception cref="ImageException">It is one of another format, or contradicts itself.</exception>
    public static PartcloneHeader? Parse(ReadOnlySpan<byte> bytes, string name)
    {
        if (!Begins(bytes)) return null;
        if (bytes.Length < Length) throw new ImageDamagedException($"{name} ends after {bytes.Length} bytes, in the header of a partclone image", "copy it again from where it came");
        var header = Encoding.ASCII.GetString(bytes[VersionAt..(VersionAt + 4)]) switch
        {
            "0001" => First(bytes),
            "0002" when U16(bytes, EndiannessAt) == LittleEndian => Second(bytes),
            var version => throw new ImageUnsupportedException($"{name} is a partclone image of format {Printable(version)}, or of another byte order; formats 0001 and 0002 are known"),
        };
        return header.IsSound ? header : throw new ImageDamagedException($"the header of the partclone image {name} contradicts itself", "copy it again from where it came");
    }

    private bool IsSound => BlockSize is > 0 and <= LargestBlock && TotalBlocks > 0 && TotalBlocks <= long.MaxValue / BlockSize && UsedBlocks >= 0 && UsedBlocks <= TotalBlocks && DeviceLength is > 0 and <= LargestDevice;

    private static PartcloneHeader First(ReadOnlySpan<byte> bytes) =>
        new(1, Text(bytes[15..30]), I64(bytes, 40), I64(bytes, 48), I64(bytes, 56), I32(bytes, 36), HasChecksums: false);

    private static PartcloneHeader Second(ReadOnlySpan<byte> bytes) =>
        new(2, Text(bytes[36..52]), I64(bytes, 52), I64(bytes, 60), I64(bytes, 76), I32(bytes, 84), HasChecksums: U16(bytes, 96) != 0);

    private static string Text(ReadOnlySpan<byte> bytes) => Printable(Encoding.ASCII.GetString(bytes).Split('\0')[0]);

    private static string Printable(string text) => new([.. text.Select(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '+' ? c : '?')]);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
    private static int I32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);
    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
