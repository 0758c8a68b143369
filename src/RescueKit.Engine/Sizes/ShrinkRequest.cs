using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>The tools that make file systems shorter and tables for smaller disks. They work on copies, never on a source.</summary>
public interface IDiskShrinker
{
    /// <summary>Why a kind of file system cannot be shrunk here; null where it can.</summary>
    string? WhyNot(string fileSystem);

    /// <summary>The shortest that a file system can become, as its tool tells; bytes. Writes nothing.</summary>
    /// <exception cref="SafetyException">It is not in order: a tool would have to repair it first.</exception>
    /// <exception cref="DeviceException">The tool failed.</exception>
    long LeastLength(IBlockSource volume, string fileSystem, CancellationToken cancel);

    /// <summary>Makes the file system that a copy holds no longer than <paramref name="length"/> bytes.</summary>
    /// <exception cref="RescueKitException">It cannot be; what the copy holds now is worth nothing.</exception>
    void Shrink(IBlockTarget volume, string fileSystem, long length, CancellationToken cancel);

    /// <summary>Writes the partition table of one disk file onto another, with partitions elsewhere; ids, names, types and attributes stay.</summary>
    /// <param name="from">Its tables are what they are on the source; the rest of it is of no interest.</param>
    /// <param name="onto">Blank, and as long as the smaller disk.</param>
    /// <param name="places">Every partition by its number; the extended one comes to lie around its logical ones.</param>
    /// <exception cref="DeviceException">It cannot be done.</exception>
    void MoveTable(string from, string onto, IReadOnlyDictionary<int, Extent> places);
}

/// <summary>That a disk may be made to fit a smaller target, and by what.</summary>
/// <param name="WorkFolder">Where what the tools change is kept until the end; null for the folder of temporary files.</param>
public sealed record ShrinkRequest(IDiskShrinker Tools, string? WorkFolder);
