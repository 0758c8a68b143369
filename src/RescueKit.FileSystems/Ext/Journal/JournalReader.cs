using RescueKit.Model;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>Reads blocks of the journal by their number in it, several at a time, as a log is read in order.</summary>
internal sealed class JournalReader
{
    private const int ReadAhead = 256 << 10;

    private readonly IBlockSource _volume;
    private readonly int _blockSize;
    private readonly (long Index, BlockRun Run)[] _runs;
    private readonly Lock _lock = new();
    private readonly byte[] _buffer;
    private long _bufferedFrom = -1;
    private int _buffered;

    public JournalReader(IBlockSource volume, int blockSize, ExtJournalInode inode)
    {
        _volume = volume;
        _blockSize = blockSize;
        _buffer = new byte[Math.Max(ReadAhead, blockSize)];
        _runs = new (long, BlockRun)[inode.Runs.Count];
        var index = 0L;
        for (var i = 0; i < _runs.Length; i++)
        {
            _runs[i] = (index, inode.Runs[i]);
            index += inode.Runs[i].Count;
        }
        Length = index;
    }

    /// <summary>Blocks.</summary>
    public long Length { get; }

    /// <summary>Part of a block. May be called from several threads.</summary>
    public void Copy(long index, int from, Span<byte> into)
    {
        lock (_lock) Block(index).Slice(from, into.Length).CopyTo(into);
    }

    /// <summary>One block; valid until the next call. For one thread only, while no other copies.</summary>
    public ReadOnlySpan<byte> Block(long index)
    {
        if (index < _bufferedFrom || index >= _bufferedFrom + _buffered || _bufferedFrom < 0) Fill(index);
        return _buffer.AsSpan((int)(index - _bufferedFrom) * _blockSize, _blockSize);
    }

    private void Fill(long index)
    {
        int low = 0, high = _runs.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_runs[middle].Index <= index) low = middle;
            else high = middle - 1;
        }
        var (start, run) = _runs[low];
        var count = (int)Math.Min(_buffer.Length / _blockSize, run.Count - (index - start));
        _bufferedFrom = -1;
        _volume.Read((run.First + index - start) * _blockSize, _buffer.AsSpan(0, count * _blockSize));
        (_bufferedFrom, _buffered) = (index, count);
    }
}
