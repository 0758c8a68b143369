using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>The tools that make file systems shorter. They work on copies, never on a source.</summary>
public interface IDiskShrinker : ITableMover
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
}

/// <summary>That a disk may be made to fit a smaller target, and by what.</summary>
/// <param name="WorkFolder">Where what the tools change is kept until the end; null for the folder of temporary files.</param>
public sealed record ShrinkRequest(IDiskShrinker Tools, string? WorkFolder);
