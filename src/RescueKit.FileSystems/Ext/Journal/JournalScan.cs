using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>
/// Every copy of every block anywhere in the journal, old transactions and uncommitted ones included. Copies that are not what they
/// seem do no harm where they only add to a map.
/// </summary>
internal sealed class JournalScan
{
    private const uint DescriptorBlock = 1;

    private readonly long[] _fsBlocks;
    private readonly JournalCopy[] _copies;

    private JournalScan(List<(long FsBlock, JournalCopy Copy)> copies)
    {
        copies.Sort((a, b) => a.FsBlock.CompareTo(b.FsBlock));
        _fsBlocks = [.. copies.Select(copy => copy.FsBlock)];
        _copies = [.. copies.Select(copy => copy.Copy)];
    }

    /// <exception cref="MalformedException">More is announced than a journal of this length can hold.</exception>
    /// <exception cref="BlockReadException">A block of the journal is unreadable.</exception>
    public static JournalScan Of(JournalReader reader, JournalSuperblock journal, ulong fsBlocks)
    {
        var copies = new List<(long, JournalCopy)>();
        var tags = new List<JournalTag>();
        for (var index = journal.First; index < journal.Length; index++)
        {
            var block = reader.Block(index);
            if (BinaryPrimitives.ReadUInt32BigEndian(block) != JournalSuperblock.Magic
                || BinaryPrimitives.ReadUInt32BigEndian(block[4..]) != DescriptorBlock) continue;
            var sequence = BinaryPrimitives.ReadUInt32BigEndian(block[8..]);
            JournalTags.Parse(block, journal, tags);
            var at = index;
            foreach (var tag in tags)
            {
                at = at + 1 == journal.Length ? journal.First : at + 1;
                if (tag.FsBlock < fsBlocks) copies.Add(((long)tag.FsBlock, new JournalCopy(at, tag.Escaped, sequence)));
            }
            if (copies.Count > 2 * journal.Length) throw new MalformedException("the journal announces more blocks than it has");
        }
        return new JournalScan(copies);
    }

    /// <summary>All copies of a block, in no order.</summary>
    public ReadOnlySpan<JournalCopy> CopiesOf(long fsBlock)
    {
        var first = Array.BinarySearch(_fsBlocks, fsBlock);
        if (first < 0) return [];
        while (first > 0 && _fsBlocks[first - 1] == fsBlock) first--;
        var end = first;
        while (end < _fsBlocks.Length && _fsBlocks[end] == fsBlock) end++;
        return _copies.AsSpan(first, end - first);
    }
}
