using RescueKit.Disks.PartitionTables;
using RescueKit.FileSystems;
using RescueKit.Model;

namespace RescueKit.Engine.Survey;

/// <summary>
/// What is on a disk and how much of it a run has to take: tables, boot code and gaps always, of each volume what its allocation
/// map says, or all of it. Thread-safe; holds no structure that grows with the disk.
/// </summary>
public sealed class DiskSurvey
{
    private const int MostWarnings = 200;

    private readonly ExtentSet _always;
    private readonly Lock _warningsLock = new();
    private readonly List<string> _warnings;

    private DiskSurvey(IBlockSource disk, DiskLayout layout, IReadOnlyList<SurveyedVolume> volumes, List<string> warnings)
    {
        Disk = disk;
        Layout = layout;
        Volumes = volumes;
        _warnings = warnings;
        var whole = new Extent(0, disk.Length);
        var partitions = ExtentSet.From(layout.Partitions.Select(p => p.Extent.Intersect(whole)));
        Gaps = partitions.ComplementIn(whole);
        _always = Gaps.Union(layout.TableAreas.Clip(whole));
    }

    public IBlockSource Disk { get; }
    public DiskLayout Layout { get; }

    /// <summary>One for each partition of the layout, in its order.</summary>
    public IReadOnlyList<SurveyedVolume> Volumes { get; }

    /// <summary>What lies in no partition.</summary>
    public ExtentSet Gaps { get; }

    /// <summary>Sentences; those of volumes name the partition. Grows while a run meets unreadable bitmaps.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_warningsLock) return [.. _warnings];
        }
    }

    /// <summary>Everything a run takes: gaps, tables, and what is used of the chosen volumes.</summary>
    public long UsedBytes => Gaps.TotalLength + Volumes.Where(v => v.Included).Sum(v => v.UsedBytes);

    /// <exception cref="UsageException">A chosen partition does not exist.</exception>
    /// <exception cref="DeviceGoneException">The disk has vanished.</exception>
    public static DiskSurvey Take(IBlockSource disk, SurveyOptions? options = null) => Take(disk, options ?? new SurveyOptions(), depth: 0);

    /// <param name="depth">How many volumes this one lies inside.</param>
    internal static DiskSurvey Take(IBlockSource disk, SurveyOptions options, int depth)
    {
        var layout = ReadLayout(disk);
        var warnings = new List<string>(layout.Warnings);
        foreach (var number in options.Partitions.Concat(options.Unlock?.Partitions ?? []))
        {
            if (layout.Partitions.All(p => p.Number != number))
                throw new UsageException($"{disk.Name} has no partition {number}", $"it has {Numbers(layout)}; see: rescuekit disk show {disk.Name}");
        }
        var covers = new DynamicDisk(disk, layout);
        var probed = layout.Partitions.Select(p => Probe(disk, p, covers, options, depth)).ToList();
        var contents = probed.Select(found => found.Content).ToList();
        var hibernated = layout.Partitions.Zip(contents).FirstOrDefault(v => v.Second.Hibernated).First;
        var volumes = layout.Partitions.Zip(probed, (p, found) => Decide(p, found.Content, found.Nested, options, hibernated)).ToList();
        foreach (var volume in volumes)
            warnings.AddRange(volume.Content.Warnings.Select(w => $"{NameOf(volume.Partition)}: {w}"));
        if (options is { AllBlocks: true, ExcludeWindowsSwap: true })
            warnings.Add("Every block was asked for, so the contents of swap and hibernation files are taken, too.");
        return new DiskSurvey(disk, layout, volumes, warnings);
    }

    /// <summary>What of <paramref name="window"/> a run takes. A bitmap that cannot be read makes its part of the window used.</summary>
    /// <param name="again">The answer has to be the one that was given before, or none.</param>
    /// <exception cref="BlockReadException">Asked again, and the bitmap cannot be read.</exception>
    internal ExtentSet UsedIn(Extent window, bool again = false)
    {
        var used = _always.Clip(window);
        foreach (var volume in Overlapping(window))
        {
            var range = volume.Partition.Extent;
            var part = range.Intersect(window);
            used = used.Union(UsedOf(volume, part.Shift(-range.Offset), again).Shift(range.Offset));
        }
        return used;
    }

    /// <summary>What of <paramref name="window"/> is in use and left out on request.</summary>
    internal ExtentSet ExcludedIn(Extent window) => FromContents(window, c => c.Excluded);

    /// <summary>What of <paramref name="window"/> is taken as zeros, whatever the disk holds.</summary>
    internal ExtentSet ReadAsZeroIn(Extent window) => FromContents(window, c => c.ReadAsZero);

    /// <summary>The partition that holds a position of the disk; null in gaps.</summary>
    internal int? PartitionAt(long position) =>
        Layout.Partitions.FirstOrDefault(p => p.Extent.Contains(position))?.Number;

    private static DiskLayout ReadLayout(IBlockSource disk)
    {
        try
        {
            return PartitionTableReader.Read(disk);
        }
        catch (BlockReadException e)
        {
            return new DiskLayout
            {
                Kind = PartitionTableKind.None,
                SectorSize = disk.Geometry.LogicalSectorSize,
                Warnings = [$"The partition table cannot be read ({e.Message}), so the disk is taken whole."],
            };
        }
    }

    private static (VolumeContent Content, IReadOnlyList<(string Name, DiskSurvey Survey)> Nested) Probe(
        IBlockSource disk, Partition partition, DynamicDisk covers, SurveyOptions options, int depth)
    {
        try
        {
            var volume = new BlockSourceSlice(disk, partition.Extent, partition.Number == 0 ? disk.Name : $"{disk.Name} {NameOf(partition)}");
            var content = covers.Read(partition) ?? VolumeProbe.Read(volume, new AllocationOptions(options.ExcludeWindowsSwap));
            // A boot loader's code, or what firmware keeps, is no file system: what the table calls it tells more.
            if (content.Type == "unknown" && partition.TypeName is { } name) content = content with { WholeReason = $"{name} partition, {content.WholeReason}" };
            return options.Unlock is { } unlock && unlock.Partitions.Contains(partition.Number)
                ? (Opened(volume, content, partition, unlock, options, depth, out var inside), inside)
                : (NestedContents.Narrow(volume, content, options, depth, out var nested), nested);
        }
        catch (BlockReadException e)
        {
            return (new VolumeContent { Type = "unknown", WholeReason = $"its structures cannot be read ({e.Message}): taken whole" }, []);
        }
    }

    private static VolumeContent Opened(
        BlockSourceSlice volume, VolumeContent content, Partition partition, IUnlocker unlock, SurveyOptions options, int depth, out IReadOnlyList<(string Name, DiskSurvey Survey)> nested)
    {
        if (!content.Type.StartsWith("LUKS", StringComparison.Ordinal))
            throw new UsageException($"{NameOf(partition)} of {volume.Name} holds {content.Type}, which --unlock does not open", "it opens LUKS; see: rescuekit disk show");
        return NestedContents.Opened(volume, content, unlock.Open(partition.Number, partition.Extent), options, depth, out nested);
    }

    private static SurveyedVolume Decide(
        Partition partition, VolumeContent content, IReadOnlyList<(string Name, DiskSurvey Survey)> nested, SurveyOptions options, Partition? hibernated)
    {
        var included = options.Partitions.Count == 0 || options.Partitions.Contains(partition.Number);
        var accepting = content.Map ?? content.UncleanMap;
        var (map, reason) = options switch
        {
            { AllBlocks: true } => (null, "every block was asked for"),
            { Unclean: UncleanPolicy.Used } => (accepting, null),
            _ when options.AcceptUnclean.Contains(partition.Number) => (accepting, null),
            _ when hibernated is not null && content.Map is not null => (null, $"{NameOf(hibernated)} holds a suspended system: taken whole"),
            _ => (content.Map, (string?)null),
        };
        var other = options.Unclean == UncleanPolicy.Used ? (hibernated is null ? content.Map : null) : accepting;
        var differs = !options.AllBlocks && !ReferenceEquals(map, other);
        return new SurveyedVolume(partition, content, map, included, reason)
        {
            Nested = nested,
            AlternativeBytes = !differs ? null
                : other is null ? partition.Extent.Length
                : SurveyedVolume.BytesUnder(other, content, partition.Extent.Length),
        };
    }

    private ExtentSet UsedOf(SurveyedVolume volume, Extent window, bool again)
    {
        try
        {
            return volume.UsedIn(window);
        }
        catch (Exception e) when (e is MalformedException || (e is BlockReadException && !again))
        {
            lock (_warningsLock)
            {
                if (_warnings.Count < MostWarnings)
                    _warnings.Add($"{NameOf(volume.Partition)}: {window.Length} bytes at {window.Offset} are taken whole, because their allocation map cannot be read ({e.Message}).");
            }
            return ExtentSet.Of(window);
        }
    }

    private ExtentSet FromContents(Extent window, Func<VolumeContent, ExtentSet> select)
    {
        var result = ExtentSet.Empty;
        foreach (var volume in Overlapping(window))
        {
            if (volume.Whole) continue;
            var start = volume.Partition.Extent.Offset;
            var part = volume.Partition.Extent.Intersect(window);
            result = result.Union(select(volume.Content).Clip(part.Shift(-start)).Shift(start));
        }
        return result;
    }

    private IEnumerable<SurveyedVolume> Overlapping(Extent window) =>
        Volumes.Where(v => v.Included && v.Partition.Extent.Overlaps(window));

    internal static string NameOf(Partition partition) => partition.Number == 0 ? "the whole disk" : $"partition {partition.Number}";

    private static string Numbers(DiskLayout layout) =>
        layout.Partitions.Count == 0 ? "none" : string.Join(", ", layout.Partitions.Select(p => p.Number));
}
