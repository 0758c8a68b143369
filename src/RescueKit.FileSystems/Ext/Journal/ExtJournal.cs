using RescueKit.Model;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>The journal inside a file system: whether it is empty, and what can be proven where it is not.</summary>
internal sealed class ExtJournal
{
    private readonly IBlockSource _volume;
    private readonly ExtLayout _layout;
    private readonly ExtJournalInode _inode;
    private readonly JournalReader _reader;
    private readonly JournalSuperblock _journal;

    private ExtJournal(IBlockSource volume, ExtLayout layout)
    {
        _volume = volume;
        _layout = layout;
        _inode = ExtJournalInode.Read(volume, layout);
        _reader = new JournalReader(volume, layout.BlockSize, _inode);
        _journal = JournalSuperblock.Parse(_reader.Block(0), _inode.Length);
    }

    public bool HasRecordedError => _journal.Error != 0;
    public bool NeedsReplay => _journal.Start != 0 || _layout.Superblock.Has(ExtFeatures.Incompatible.NeedsRecovery);

    /// <exception cref="MalformedException">There is no sound journal.</exception>
    /// <exception cref="BlockReadException">It is unreadable.</exception>
    public static ExtJournal Open(IBlockSource volume, ExtLayout layout) => new(volume, layout);

    /// <summary>The journal itself is never free.</summary>
    /// <exception cref="MalformedException">The bitmaps say otherwise.</exception>
    public void VerifyIsMarked(IGroupBitmaps bitmaps)
    {
        var bits = new GroupBitCache(_layout, bitmaps);
        foreach (var run in _inode.Runs.Concat(_inode.MapBlocks))
        {
            for (var group = _layout.GroupOf(run.First); group <= _layout.GroupOf(run.End - 1); group++)
            {
                if (!_layout.AllSet(bits.BitsOf(group), group, run))
                    throw new MalformedException($"the bitmap of group {group} calls a part of the journal free");
            }
        }
    }

    /// <summary>Bitmaps that mark whatever may be in use once the journal is replayed.</summary>
    /// <exception cref="MalformedException">No superset can be proven; says why.</exception>
    /// <exception cref="BlockReadException">The journal or a bitmap is unreadable.</exception>
    public IGroupBitmaps Superset()
    {
        if (_layout.Superblock.Has(ExtFeatures.Compatible.FastCommit)) throw new MalformedException("the journal may hold fast commits");
        if (_journal.NotReplayable is { } doubt) throw new MalformedException($"the journal {doubt}");
        var replay = JournalReplay.Of(_reader, _journal, _layout.Superblock.BlockCount);
        foreach (var run in _inode.Runs.Concat(_inode.MapBlocks))
        {
            for (var block = run.First; block < run.End; block++)
            {
                if (replay.Copies.ContainsKey(block)) throw new MalformedException($"the journal would overwrite its own block {block}");
            }
        }
        var replayed = new ReplayedSource(_volume, _layout.BlockSize, _reader, replay.Copies);
        var layout = LayoutAfter(replayed);
        if (!ExtJournalInode.Read(replayed, layout).Runs.SequenceEqual(_inode.Runs)) throw new MalformedException("the journal would move itself");
        var after = ExtVerification.Verified(replayed, layout, ExtStrictness.Replayed);
        VerifyIsMarked(after);
        return new JournalSuperset(_volume, replayed, layout, after, _reader, JournalScan.Of(_reader, _journal, _layout.Superblock.BlockCount));
    }

    /// <summary>A resize in the journal would change where everything lies, and errors would say that it cannot be believed.</summary>
    private ExtLayout LayoutAfter(ReplayedSource replayed)
    {
        var bytes = new byte[ExtSuperblock.Size];
        replayed.Read(ExtSuperblock.Offset, bytes);
        if (!ExtSuperblock.HasMagic(bytes)) throw new MalformedException("the journal would overwrite the superblock");
        var superblock = ExtSuperblock.Parse(bytes);
        superblock.Validate(_volume.Length);
        if (!superblock.HasLayoutOf(_layout.Superblock)) throw new MalformedException("the journal holds a change of the file system's layout");
        if (superblock.Doubt is { } doubt) throw new MalformedException(doubt);
        return new ExtLayout(superblock);
    }
}
