using System.Runtime.InteropServices;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Chunks;

/// <summary>
/// Digests of chunks stored in the current part, in memory of a fixed size: sets of eight, a new one overwrites an old one. One
/// thread adds and looks up; any thread may ask for a hint, which can be wrong while an entry is being overwritten.
/// </summary>
internal sealed unsafe class DedupeTable : IDisposable
{
    private const int Ways = 8;
    private const int Sets = 1 << 16;
    private Entry* _entries;
    private uint _generation = 1;
    private uint _victim;

    // Zero pages cost no memory until they are written, so a small image stays small.
    public DedupeTable() => _entries = (Entry*)NativeMemory.AllocZeroed(Sets * Ways, (nuint)sizeof(Entry));

    public bool TryFind(in ChunkDigest digest, int part, out FrameLocation location)
    {
        var entry = Find(digest);
        location = entry == null ? default : new FrameLocation(part, entry->StoredLength, entry->Offset);
        return entry != null;
    }

    public bool MayContain(in ChunkDigest digest) => Find(digest) != null;

    public void Add(in ChunkDigest digest, FrameLocation location)
    {
        var set = SetOf(digest);
        var entry = set + (_victim++ & (Ways - 1));
        for (var way = 0; way < Ways; way++)
        {
            if (set[way].Generation == _generation) continue;
            entry = set + way;
            break;
        }
        *entry = new Entry { Digest = digest, Offset = location.Offset, StoredLength = location.StoredLength, Generation = _generation };
    }

    /// <summary>A new part begins: nothing of the old one may be referenced.</summary>
    public void Clear() => _generation++;

    public void Dispose()
    {
        NativeMemory.Free(_entries);
        _entries = null;
    }

    private Entry* SetOf(in ChunkDigest digest) => _entries + (long)(MemoryMarshal.Read<uint>(digest) & (Sets - 1)) * Ways;

    private Entry* Find(in ChunkDigest digest)
    {
        if (_entries == null) return null;
        var set = SetOf(digest);
        for (var way = 0; way < Ways; way++)
        {
            if (set[way].Generation == _generation && set[way].Digest == digest) return set + way;
        }
        return null;
    }

    private struct Entry
    {
        public ChunkDigest Digest;
        public long Offset;
        public int StoredLength;
        public uint Generation;
    }
}
