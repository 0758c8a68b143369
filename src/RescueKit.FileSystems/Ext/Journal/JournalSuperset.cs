using RescueKit.Model;

namespace RescueKit.FileSystems.Ext.Journal;

/// <summary>
/// Bitmaps of a file system whose journal was not replayed: as they will be after the replay, united with what is on the disk now and
/// with every copy in the journal. A superset of what is in use whichever of its transactions the replay ends with.
/// </summary>
internal sealed class JournalSuperset(
    IBlockSource volume, IBlockSource replayed, ExtLayout layout, IGroupBitmaps after, JournalReader reader, JournalScan scan) : IGroupBitmaps
{
    private readonly ExtGroupTable _table = new(replayed, layout);

    public void Load(long firstGroup, int count, Span<byte> bits)
    {
        after.Load(firstGroup, count, bits);
        var descriptors = new ExtGroupDescriptor[count];
        _table.Read(firstGroup, descriptors);
        var other = new byte[layout.BitmapBytes];
        for (var i = 0; i < count; i++)
        {
            var bitmap = descriptors[i].BlockBitmap;
            var into = bits.Slice(i * layout.BitmapBytes, layout.BitmapBytes);
            if (!descriptors[i].BlocksUninitialised)
            {
                volume.Read(bitmap * layout.BlockSize, other);
                GroupBits.Or(into, other);
            }
            foreach (var copy in scan.CopiesOf(bitmap))
            {
                copy.Read(reader, 0, other);
                GroupBits.Or(into, other);
            }
        }
    }
}
