using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>Reads blocks by address, from whatever copy on this device is intact; keeps those used last.</summary>
internal sealed class BtrfsNodes
{
    /// <summary>4 MiB at the largest node size.</summary>
    private const int Kept = 64;

    private readonly IBlockSource _volume;
    private readonly BtrfsSuperblock _superblock;
    private readonly BtrfsChunkMap _chunks;
    private readonly RecentlyUsed<BtrfsNode> _recent;

    public BtrfsNodes(IBlockSource volume, BtrfsSuperblock superblock, BtrfsChunkMap chunks)
    {
        (_volume, _superblock, _chunks) = (volume, superblock, chunks);
        _recent = new RecentlyUsed<BtrfsNode>(Kept, address => Read((ulong)address));
    }

    /// <exception cref="MalformedException">No copy of it is on this device, or none is intact.</exception>
    /// <exception cref="BlockReadException">It is unreadable.</exception>
    public BtrfsNode Get(ulong address) => _recent.Get((long)address);

    private BtrfsNode Read(ulong address)
    {
        var chunk = _chunks.At(address);
        if (chunk is null || (ulong)_superblock.NodeSize > (ulong)chunk.End - address) throw new MalformedException($"a tree block at address {address} lies in no chunk");
        if (chunk.HasParity) throw new MalformedException("its trees are spread with parity over several devices");
        BlockReadException? unreadable = null;
        var present = false;
        foreach (var (stripe, place) in chunk.StripesOn(_superblock.DeviceId))
        {
            var (from, to) = chunk.PieceOf(stripe, (long)address, (long)address + _superblock.NodeSize);
            if (to - from != _superblock.NodeSize) continue;
            present = true;
            var bytes = new byte[_superblock.NodeSize];
            try
            {
                _volume.Read(place.Offset + from, bytes);
            }
            catch (BlockReadException e)
            {
                unreadable = e;
                continue;
            }
            if (BtrfsNode.Parse(bytes, _superblock, address) is { } node) return node;
        }
        if (unreadable is not null) throw unreadable;
        throw new MalformedException(present ? $"the tree block at address {address} is damaged" : "a part of its trees lies on another device");
    }
}
