using RescueKit.Model;

namespace RescueKit.FileSystems.Recognition;

/// <summary>
/// Names what is imaged whole, and goes before the readers that give maps: an older file system's signature may survive inside a container
/// or beside a newer file system, and a map made from it would leave out what matters.
/// </summary>
public sealed class RecognitionReader : IAllocationReader
{
    public string Family => "other";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options)
    {
        var bytes = new VolumeBytes(volume);
        var found = SetMembership.Member(volume, bytes) ?? ContainerSignatures.Find(bytes) ?? FileSystemSignatures.Find(bytes);
        return found?.ToContent();
    }
}

/// <summary>Names what has so short a mark that it goes after the readers that give maps.</summary>
public sealed class WeakRecognitionReader : IAllocationReader
{
    public string Family => "other";

    public VolumeContent? Read(IBlockSource volume, AllocationOptions options) => FileSystemSignatures.FindWeak(new VolumeBytes(volume))?.ToContent();
}
