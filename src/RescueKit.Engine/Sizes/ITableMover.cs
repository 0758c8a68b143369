using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>The tool that makes tables for disks of another size.</summary>
public interface ITableMover
{
    /// <summary>Writes the partition table of one disk file onto another, with partitions elsewhere; ids, names, types and attributes stay.</summary>
    /// <param name="from">Its tables are what they are on the source; the rest of it is of no interest.</param>
    /// <param name="onto">Blank, and as long as the other disk.</param>
    /// <param name="places">Every partition by its number; the extended one comes to lie around its logical ones.</param>
    /// <exception cref="DeviceException">It cannot be done.</exception>
    void MoveTable(string from, string onto, IReadOnlyDictionary<int, Extent> places);
}
