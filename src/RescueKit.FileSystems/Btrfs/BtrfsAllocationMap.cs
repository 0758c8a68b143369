using RescueKit.Model;

namespace RescueKit.FileSystems.Btrfs;

/// <summary>
/// What lies on this device of the extents in use, window by window: a window is turned into addresses by the chunks that lie there, and their extents back into places.
/// </summary>
internal sealed class BtrfsAllocationMap(BtrfsVolume volume, long usedBytes) : IAllocationMap
{
    public long UsedBytes { get; } = usedBytes;

    public ExtentSet UsedIn(Extent window)
    {
        window = window.Intersect(new Extent(0, volume.Source.Length));
        var used = new ExtentSetBuilder();
        used.Add(volume.AlwaysUsed.Clip(window));
        if (window.IsEmpty) return used.ToSet();
        var pieces = volume.Chunks.OnDevice;
        try
        {
            for (var i = volume.Chunks.FirstEndingAfter(window.Offset); i < pieces.Count && pieces[i].Place.Offset < window.End; i++)
            {
                var (place, chunk, stripe) = pieces[i];
                Add(chunk, stripe, place, place.Intersect(window), used);
            }
        }
        catch (MalformedException e)
        {
            // It was good when the map was made: the volume changes under our hands, or the device returns something else.
            throw new BlockReadException($"{volume.Source.Name}: {e.Message}, which it did not when first read", window, "make sure that nothing writes to the volume", e);
        }
        return used.ToSet();
    }

    private void Add(BtrfsChunk chunk, int stripe, Extent place, Extent wanted, ExtentSetBuilder used)
    {
        if (chunk.HasParity)
        {
            used.Add(wanted);
            return;
        }
        var (start, end) = chunk.AddressesAround(wanted.Offset - place.Offset, wanted.End - place.Offset);
        foreach (var extent in BtrfsExtents.Within(volume, chunk, start, end))
        {
            var (from, to) = chunk.PieceOf(stripe, extent.Start, extent.End);
            used.Add(Extent.FromTo(place.Offset + from, place.Offset + to).Intersect(wanted));
        }
    }
}
