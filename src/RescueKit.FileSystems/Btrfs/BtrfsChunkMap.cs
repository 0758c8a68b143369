using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>All chunks of a file system, and which pieces of one device belong to which. A terabyte has about a thousand.</summary>
internal sealed class BtrfsChunkMap
{
    private const int MostChunks = 1 << 20;

    private readonly BtrfsChunk[] _chunks;
    private readonly (Extent Place, BtrfsChunk Chunk, int Stripe)[] _onDevice;

    /// <param name="chunks">In any order.</param>
    /// <param name="deviceBytes">The device's size.</param>
    /// <exception cref="MalformedException">They overlap each other, in addresses or on the device, or reach past its end.</exception>
    public BtrfsChunkMap(IEnumerable<BtrfsChunk> chunks, ulong device, long deviceBytes)
    {
        _chunks = [.. chunks.Take(MostChunks + 1)];
        if (_chunks.Length > MostChunks) throw new MalformedException($"more than {MostChunks} chunks");
        Array.Sort(_chunks, (a, b) => a.Start.CompareTo(b.Start));
        for (var i = 1; i < _chunks.Length; i++)
        {
            if (_chunks[i].Start < _chunks[i - 1].End) throw new MalformedException($"the chunks at {_chunks[i - 1].Start} and {_chunks[i].Start} overlap");
        }
        _onDevice = [.. _chunks.SelectMany(chunk => chunk.StripesOn(device).Select(stripe => (stripe.Place, chunk, stripe.Index))).OrderBy(stripe => stripe.Place.Offset)];
        for (var i = 0; i < _onDevice.Length; i++)
        {
            var place = _onDevice[i].Place;
            if (place.End > deviceBytes || (i > 0 && place.Offset < _onDevice[i - 1].Place.End))
                throw new MalformedException($"the chunk at {_onDevice[i].Chunk.Start} lies at {place} of the device, which is out of range or another one's");
        }
    }

    public IReadOnlyList<BtrfsChunk> Chunks => _chunks;

    /// <summary>In the order of their place on the device.</summary>
    public IReadOnlyList<(Extent Place, BtrfsChunk Chunk, int Stripe)> OnDevice => _onDevice;

    /// <summary>The chunk of an address, or null.</summary>
    public BtrfsChunk? At(ulong address)
    {
        var (low, high) = (0, _chunks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if ((ulong)_chunks[middle].Start > address) high = middle;
            else low = middle + 1;
        }
        return low > 0 && address < (ulong)_chunks[low - 1].End ? _chunks[low - 1] : null;
    }

    /// <summary>Index of the first piece on the device that ends after an offset.</summary>
    public int FirstEndingAfter(long offset)
    {
        var (low, high) = (0, _onDevice.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_onDevice[middle].Place.End > offset) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
