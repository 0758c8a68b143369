using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>A partition that is made longer when its disk has been written. Positions in bytes of the disk.</summary>
/// <param name="Disk">Path of the disk or disk file.</param>
/// <param name="Partition">Its number; 0 for a file system that has the disk to itself, without a table.</param>
/// <param name="Table">What the partition is an entry of.</param>
/// <param name="SectorSize">In which the table counts.</param>
/// <param name="From">Where the partition lies now.</param>
/// <param name="NewEnd">Where it is to end.</param>
public sealed record Growth(string Disk, int Partition, PartitionTableKind Table, int SectorSize, string FileSystem, Extent From, long NewEnd)
{
    public Extent Onto => Extent.FromTo(From.Offset, NewEnd);
}

/// <summary>The tools that change tables and file systems where they lie.</summary>
public interface IDiskGrower : ITableMover
{
    /// <summary>Whether it could be grown here, looking at nothing but its kind and at this system; writes nothing.</summary>
    /// <exception cref="SafetyException">It could not; the message says why.</exception>
    void Check(Growth growth);

    /// <summary>
    /// Makes the table's entry longer, then the file system: at every moment the table is valid and the file system fits its partition. What
    /// the tools began is not cut off; <paramref name="cancel"/> counts between them.
    /// </summary>
    /// <param name="tell">Takes what is being done, a few words each.</param>
    /// <exception cref="RescueKitException">It failed; the message says how far it came.</exception>
    void Grow(Growth growth, Action<string> tell, CancellationToken cancel);
}

/// <summary>What is to be grown, and by what.</summary>
/// <param name="Partition">Null for the last one of the disk.</param>
public sealed record GrowRequest(int? Partition, IDiskGrower Tools)
{
    /// <summary>What lay behind the partition has been moved away: it grows up to that.</summary>
    internal bool HasRoom { get; init; }
}
