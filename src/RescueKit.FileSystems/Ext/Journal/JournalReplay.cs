using System.Buffers.Binary;
using RescueKit.Model;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>
/// What a replay would write: the last committed copy of each block that is not revoked afterwards. Follows the recovery of Linux
/// fs/jbd2/recovery.c, but where that skips or repairs, this gives up.
/// </summary>
internal sealed class JournalReplay
{
    private const uint DescriptorBlock = 1;
    private const uint CommitBlock = 2;
    private const uint RevokeBlock = 5;
    private const int CommitChecksumAt = 0x10;
    private const int RevokeHeaderSize = 16;

    private readonly JournalReader _reader;
    private readonly JournalSuperblock _journal;
    private readonly ulong _fsBlocks;
    private readonly Dictionary<long, JournalCopy> _copies = [];
    private readonly List<(long Index, uint Sequence)> _revokes = [];

    private JournalReplay(JournalReader reader, JournalSuperblock journal, ulong fsBlocks)
    {
        _reader = reader;
        _journal = journal;
        _fsBlocks = fsBlocks;
    }

    /// <summary>By file system block.</summary>
    public IReadOnlyDictionary<long, JournalCopy> Copies => _copies;

    /// <exception cref="MalformedException">The log is damaged within what would be replayed.</exception>
    /// <exception cref="BlockReadException">A block of the log is unreadable.</exception>
    public static JournalReplay Of(JournalReader reader, JournalSuperblock journal, ulong fsBlocks)
    {
        var replay = new JournalReplay(reader, journal, fsBlocks);
        if (journal.Start == 0) return replay;
        replay.Walk();
        replay.Revoke();
        return replay;
    }

    private void Walk()
    {
        var at = _journal.Start;
        var sequence = _journal.Sequence;
        var tags = new List<JournalTag>();
        var pending = new List<(long FsBlock, JournalCopy Copy)>();
        var pendingRevokes = new List<(long, uint)>();
        string? pendingFault = null;
        var visited = 0L;
        while (true)
        {
            // A log that goes round more than once can only be made up.
            if (visited++ > _journal.Length) throw new MalformedException("the journal's log has no end");
            var block = _reader.Block(at);
            if (U32(block, 0) != JournalSuperblock.Magic || U32(block, 8) != sequence) return;
            var index = at;
            at = Next(at);
            switch (U32(block, 4))
            {
                case DescriptorBlock:
                    if (!JournalTags.TailIsRight(block, _journal)) pendingFault ??= $"descriptor block {index} of the journal has a bad checksum";
                    JournalTags.Parse(block, _journal, tags);
                    foreach (var tag in tags)
                    {
                        if (tag.FsBlock >= _fsBlocks) pendingFault ??= $"the journal would write to block {tag.FsBlock} of {_fsBlocks}";
                        else pending.Add(((long)tag.FsBlock, new JournalCopy(at, tag.Escaped, sequence)));
                        if (!ContentIsRight(at, tag, sequence)) pendingFault ??= $"block {at} of the journal has a bad checksum";
                        at = Next(at);
                        if (visited++ > _journal.Length) throw new MalformedException("the journal's log has no end");
                    }
                    break;
                case RevokeBlock:
                    if (!JournalTags.TailIsRight(block, _journal)) pendingFault ??= $"revoke block {index} of the journal has a bad checksum";
                    pendingRevokes.Add((index, sequence));
                    break;
                case CommitBlock:
                    if (!CommitIsRight(block)) pendingFault ??= $"commit block {index} of the journal has a bad checksum";
                    if (pendingFault is not null) throw new MalformedException(pendingFault);
                    foreach (var (fsBlock, copy) in pending) _copies[fsBlock] = copy;
                    _revokes.AddRange(pendingRevokes);
                    pending.Clear();
                    pendingRevokes.Clear();
                    sequence++;
                    break;
                default:
                    return;
            }
        }
    }

    private bool ContentIsRight(long index, in JournalTag tag, uint sequence)
    {
        if (!_journal.HasChecksums) return true;
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(word, sequence);
        var crc = Crc32C.Update(Crc32C.Update(_journal.ChecksumSeed, word), _reader.Block(index));
        return tag.Checksum == (_journal.HasChecksum3 ? crc : (ushort)crc);
    }

    private bool CommitIsRight(ReadOnlySpan<byte> block)
    {
        if (!_journal.HasChecksums) return true;
        var crc = Crc32C.Update(_journal.ChecksumSeed, block[..CommitChecksumAt]);
        crc = Crc32C.Update(crc, [0, 0, 0, 0]);
        crc = Crc32C.Update(crc, block[(CommitChecksumAt + 4)..]);
        return crc == U32(block, CommitChecksumAt);
    }

    /// <summary>A revoked block's copies of that transaction and of all before it are not replayed.</summary>
    private void Revoke()
    {
        var size = _journal.Is64Bit ? 8 : 4;
        foreach (var (index, sequence) in _revokes)
        {
            var block = _reader.Block(index);
            var end = U32(block, 12);
            if (end > (uint)(block.Length - (_journal.HasChecksums ? JournalTags.TailSize : 0)))
                throw new MalformedException($"revoke block {index} of the journal claims {end} bytes");
            for (var at = RevokeHeaderSize; at + size <= end; at += size)
            {
                var fsBlock = size == 8 ? BinaryPrimitives.ReadUInt64BigEndian(block[at..]) : U32(block, at);
                // Transaction numbers wrap around.
                if (fsBlock < _fsBlocks && _copies.TryGetValue((long)fsBlock, out var copy) && (int)(copy.Sequence - sequence) <= 0)
                    _copies.Remove((long)fsBlock);
            }
        }
    }

    private long Next(long index) => index + 1 == _journal.Length ? _journal.First : index + 1;

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
}
