using RescueKit.Model;

namespace RescueKit.FileSystems;

/// <summary>Asks the registered readers in turn what a volume holds.</summary>
public static class VolumeProbe
{
    /// <summary>
    /// Never null and never an exception for what the volume holds: what no reader knows is "unknown" (or "empty" where the
    /// first and last MiB are zero), imaged whole.
    /// </summary>
    public static VolumeContent Read(IBlockSource volume, AllocationOptions options) => throw new NotImplementedException();
}
