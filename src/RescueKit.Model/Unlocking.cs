namespace RescueKit.Model;

/// <summary>Opens enciphered volumes of one disk, read-only, so that the file system in them can be asked what it uses: what is read of the disk for an image stays enciphered.</summary>
public interface IUnlocker : IDisposable
{
    /// <summary>Numbers of the partitions that are to be opened; 0 is all of a disk without a table.</summary>
    IReadOnlyCollection<int> Partitions { get; }

    /// <param name="place">Of the partition on its disk, in bytes.</param>
    /// <returns>Stays open until this is disposed.</returns>
    /// <exception cref="WrongPassphraseException">The key does not open it.</exception>
    /// <exception cref="DeviceException">It cannot be opened, or not in a way that tells where a block of its content lies.</exception>
    UnlockedVolume Open(int partition, Extent place);
}

/// <summary>The content of an enciphered volume, whose sectors lie on the volume one by one and in their order.</summary>
/// <param name="Content">Deciphered.</param>
/// <param name="Offset">Where it begins on the volume, in bytes.</param>
/// <param name="SectorSize">Bytes that are enciphered together: a part of them means nothing.</param>
public sealed record UnlockedVolume(IBlockSource Content, long Offset, int SectorSize);
