using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ntfs;

/// <summary>
/// Multi-sector protection of MFT records, index blocks and log pages: the last two bytes of each 512 hold a check value, and the
/// bytes that belong there stand in the update sequence array. A write that was torn leaves check values that differ.
/// </summary>
internal static class FixupBlock
{
    /// <summary>Bytes protected by one check value; 512 whatever the sector size.</summary>
    public const int Stride = 512;

    /// <summary>Checks the protection of a whole block and puts the real bytes back in place.</summary>
    /// <exception cref="MalformedException">Another signature, an impossible array, or a torn write.</exception>
    public static void Restore(Span<byte> block, ReadOnlySpan<byte> signature, string what)
    {
        if (!block[..4].SequenceEqual(signature)) throw new MalformedException($"{what} has no {System.Text.Encoding.ASCII.GetString(signature)} signature");
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(block[4..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(block[6..]);
        if (count != block.Length / Stride + 1 || offset < 8 || offset % 2 != 0 || offset + 2 * count > Stride - 2)
            throw new MalformedException($"{what} has an impossible update sequence array ({count} entries at {offset})");

        var check = block.Slice(offset, 2);
        for (var i = 1; i < count; i++)
        {
            var tail = block.Slice(i * Stride - 2, 2);
            if (!tail.SequenceEqual(check)) throw new MalformedException($"{what} was only partly written (sector {i})");
            block.Slice(offset + 2 * i, 2).CopyTo(tail);
        }
    }
}
