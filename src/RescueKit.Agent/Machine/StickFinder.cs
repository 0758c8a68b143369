using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Engine.Inspection;
using RescueKit.Model;

namespace RescueKit.Agent.Machine;

/// <summary>The stick that this environment was booted from: the disk whose GPT has the disk id that its boot menu put onto the kernel command line.</summary>
/// <param name="id">That id; null where the environment was not booted from a stick.</param>
internal sealed class StickFinder(string? id)
{
    /// <summary>Looking into every disk is not done more often.</summary>
    public static readonly TimeSpan SearchInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private DiskInfo? _found;
    private long _searchedAt;

    public bool IsExpected => id is not null;

    /// <summary>Its node; null where there is none, or it was pulled.</summary>
    public string? Disk
    {
        get
        {
            if (id is null) return null;
            lock (_lock)
            {
                if (_found is not null && IsStillThere(_found)) return _found.Path;
                if (_searchedAt != 0 && TimeProvider.System.GetElapsedTime(_searchedAt) < SearchInterval) return null;
                _searchedAt = TimeProvider.System.GetTimestamp();
                _found = DiskInventory.List().FirstOrDefault(disk => HasId(disk.Path));
                return _found?.Path;
            }
        }
    }

    /// <summary>Node of its partition for images; null where there is none.</summary>
    public string? DataPartition(string label) => Disk is { } disk
        && DiskInspector.Show(disk).Partitions.FirstOrDefault(partition => partition.Name == label || partition.Label == label) is { Number: > 0 } data
            ? PartitionNodes.Of(disk, data.Number)
            : null;

    private static bool IsStillThere(DiskInfo known)
    {
        try
        {
            var now = DiskInventory.Describe(known.Path);
            return now.Length == known.Length && now.Geometry.Identity == known.Geometry.Identity;
        }
        catch (RescueKitException)
        {
            return false;
        }
    }

    private bool HasId(string disk)
    {
        try
        {
            using var source = BlockDevices.OpenSource(disk, exclusive: false);
            var layout = PartitionTableReader.Read(source);
            return layout.Kind == PartitionTableKind.Gpt && string.Equals(layout.DiskId, id, StringComparison.OrdinalIgnoreCase);
        }
        catch (RescueKitException)
        {
            return false; // a disk that cannot be read is not the one that was booted from
        }
    }
}
