using RescueKit.Model;

namespace RescueKit.FileSystems.Ext;

/// <summary>Which clusters are used, for some groups at a time.</summary>
internal interface IGroupBitmaps
{
    /// <summary>Fills <paramref name="bits"/> with one bitmap of <see cref="ExtLayout.BitmapBytes"/> for each group; a set bit is a used cluster.</summary>
    /// <exception cref="MalformedException">A bitmap cannot be trusted.</exception>
    /// <exception cref="BlockReadException">A bitmap or descriptor is unreadable.</exception>
    void Load(long firstGroup, int count, Span<byte> bits);
}
