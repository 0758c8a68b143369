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

    /// <summary>Disks that are not the stick: a dying one is not to be read again and again only because the stick was pulled.</summary>
    private IReadOnlyList<DiskInfo> _others = [];
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
                var disks = DiskInventory.List();
                _found = disks.FirstOrDefault(disk => !_others.Any(other => IsSame(disk, other)) && HasId(disk.Path));
                _others = _found is null ? disks : [.. disks.Except([_found])];
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
            return IsSame(DiskInventory.Describe(known.Path), known);
        }
        catch (RescueKitException)
        {
            return false;
        }
    }

    private static bool IsSame(DiskInfo one, DiskInfo other) =>
        one.Path == other.Path && one.Length == other.Length && one.Geometry.Identity == other.Geometry.Identity;

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
