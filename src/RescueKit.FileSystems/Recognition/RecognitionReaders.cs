using RescueKit.Model;

namespace RescueKit.FileSystems.Recognition;

/// <summary>Names what marks a volume as a part of something else, or as enciphered: it goes before everything, because an older file system may survive inside it.</summary>
public sealed class ContainerRecognitionReader : IAllocationReader
{
    public string Family => "other";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        var bytes = new VolumeBytes(volume);
        return (SetMembership.Member(volume, bytes) ?? ContainerSignatures.Find(bytes))?.ToContent();
    }
}

/// <summary>
/// Names file systems that are imaged whole, and goes before the readers that give maps: an older file system's signature may survive beside a newer file system, and a map made
/// from it would leave out what matters.
/// </summary>
public sealed class RecognitionReader : IAllocationReader
{
    public string Family => "other";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options) => FileSystemSignatures.Find(new VolumeBytes(volume))?.ToContent();
}

/// <summary>Names what has so short a mark that it goes after the readers that give maps.</summary>
public sealed class WeakRecognitionReader : IAllocationReader
{
    public string Family => "other";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options) => FileSystemSignatures.FindWeak(new VolumeBytes(volume))?.ToContent();
}
