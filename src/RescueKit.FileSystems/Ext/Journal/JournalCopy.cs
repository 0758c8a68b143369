using System.Buffers.Binary;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>Where in the journal a block's content lies.</summary>
/// <param name="Index">Block of the journal.</param>
/// <param name="Escaped">Its first four bytes were the journal's magic and are stored as zeros.</param>
/// <param name="Sequence">Number of its transaction.</param>
internal readonly record struct JournalCopy(long Index, bool Escaped, uint Sequence)
{
    /// <summary>Reads the content as replay would write it, from byte <paramref name="from"/> of the block on.</summary>
    public void Read(JournalReader reader, int from, Span<byte> into)
    {
        reader.Copy(Index, from, into);
        if (!Escaped || from >= sizeof(uint)) return;
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(magic, JournalSuperblock.Magic);
        magic[from..Math.Min(magic.Length, from + into.Length)].CopyTo(into);
    }
}
