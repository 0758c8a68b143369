using RescueKit.FileSystems.Btrfs;
using RescueKit.FileSystems.ExFat;
using RescueKit.FileSystems.Ext;
using RescueKit.FileSystems.Fat;
using RescueKit.FileSystems.Lvm;
using RescueKit.FileSystems.Md;
using RescueKit.FileSystems.Ntfs;
using RescueKit.FileSystems.Recognition;
using RescueKit.FileSystems.Swap;
using RescueKit.FileSystems.Xfs;
using RescueKit.Model;

namespace RescueKit.FileSystems;

/// <summary>Asks the registered readers in turn what a volume holds.</summary>
public static class VolumeProbe
{
    private const int EmptyProbe = 1 << 20;

    /// <summary>
    /// The one place that names readers. Asked in this order, the first answer counts: what marks a volume as a container (set members,
    /// LVM, encryption) comes before the file systems, because an older file system's signature may survive inside it.
    /// </summary>
    private static readonly IAllocationReader[] Readers =
    [
        new MdReader(),
        new ContainerRecognitionReader(),
        new LvmReader(),
        new RecognitionReader(),
        new NtfsReader(),
        new ExtReader(),
        new XfsReader(),
        new BtrfsReader(),
        new ExFatReader(),
        new FatReader(),
        new WeakRecognitionReader(),
        new SwapReader(), // last: a swap signature may outlive the swap area, and a map of it drops everything else
    ];

    /// <summary>
    /// Never null and never an exception for what the volume holds: what no reader knows is "unknown" (or "empty" where the
    /// first and last MiB are zero), imaged whole.
    /// </summary>
    /// <exception cref="DeviceGoneException">The device has vanished.</exception>
    public static VolumeContent Read(IBlockSource volume, AllocationOptions options) => Read(volume, options, Readers);

    /// <summary>As above, with other readers than the registered ones.</summary>
    internal static VolumeContent Read(IBlockSource volume, AllocationOptions options, ReadOnlySpan<IAllocationReader> readers)
    {
        foreach (var reader in readers)
        {
            try
            {
                if (reader.Read(volume, options) is { } content) return content;
            }
            catch (MalformedException e)
            {
                return Whole(reader.Family, e.Message);
            }
            catch (BlockReadException e)
            {
                // Going on to the next reader could trust a stale signature of what was here before.
                return Whole("unknown", $"a sector that decides what this is could not be read ({e.Message}): taken whole");
            }
        }
        try
        {
            return LooksEmpty(volume)
                ? Whole("empty", "no file system found, first and last MiB are zero: taken whole")
                : Whole("unknown", "content not recognised: taken whole");
        }
        catch (BlockReadException e)
        {
            return Whole("unknown", $"content not recognised ({e.Message}): taken whole");
        }
    }

    private static VolumeContent Whole(string type, string reason) => new() { Type = type, WholeReason = reason };

    private static bool LooksEmpty(IBlockSource volume)
    {
        if (volume.Length == 0) return true;
        using var buffer = new AlignedBuffer(EmptyProbe);
        var span = buffer.Span[..(int)Math.Min(EmptyProbe, volume.Length)];
        volume.Read(0, span);
        if (span.ContainsAnyExcept((byte)0)) return false;
        volume.Read(volume.Length - span.Length, span);
        return !span.ContainsAnyExcept((byte)0);
    }
}
