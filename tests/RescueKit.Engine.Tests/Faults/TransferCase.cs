using RescueKit.Disks.PartitionTables;
using RescueKit.FileSystems;
using RescueKit.Model;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests.Faults;

/// <summary>A volume that may be found on a target: where it lies, and what it is made of.</summary>
/// <param name="Used">Disk offsets, as is <paramref name="Place"/>.</param>
/// <param name="Disk">The bytes of a disk that has the volume whole.</param>
internal sealed record KnownVolume(Extent Place, ExtentSet Used, byte[] Disk);

/// <summary>A restore or clone over another disk, what an undisturbed run makes of it, and what has to hold after a disturbed one.</summary>
internal sealed class TransferCase
{
    private readonly SmallDisk _before;
    private readonly IReadOnlyList<KnownVolume> _volumes;
    private readonly ExtentSet _used;
    private readonly ExtentSet? _onlyIn;
    private readonly byte[] _after;

    /// <param name="before">What the target holds.</param>
    /// <param name="run">Runs onto a target with all the tests' usual settings.</param>
    /// <param name="volumes">The volumes that an undisturbed run leaves, in target offsets.</param>
    /// <param name="onlyIn">What it may write to; null for the whole target.</param>
    public TransferCase(
        SmallDisk before, Func<IBlockTarget, CancellationToken, Receipt> run, IEnumerable<(Extent Place, ExtentSet Used)> volumes, ExtentSet? onlyIn = null)
    {
        (_before, Run, _onlyIn) = (before, run, onlyIn);
        var target = before.NewTarget();
        Assert.Equal(0, run(target, default).ExitCode);
        _after = target.ToArray();
        var made = volumes.ToList();
        _used = made.Aggregate(ExtentSet.Empty, (all, v) => all.Union(v.Used));
        _volumes =
        [
            .. made.Select(v => new KnownVolume(v.Place, v.Used, _after)),
            .. before.Volumes.Select(v => new KnownVolume(new Extent(v.Offset, v.Length), before.UsedOf(v), before.Bytes)),
        ];
    }

    public Func<IBlockTarget, CancellationToken, Receipt> Run { get; }

    /// <summary>A target that passes each write, zeroing, discard and flush (or each read) by a fault.</summary>
    public MemoryDisk NewTarget(FaultPoint fault, bool reads, bool tears = false)
    {
        var target = _before.NewTarget(tears);
        target.Before = (operation, where) =>
        {
            if (operation == "read" == reads) fault.Pass(operation, where);
        };
        return target;
    }

    /// <summary>How many operations an undisturbed run takes.</summary>
    public int Count(bool reads)
    {
        using var counting = new FaultPoint(0, once: true, FaultKind.InputOutput);
        Assert.Equal(0, Run(NewTarget(counting, reads), default).ExitCode);
        return counting.Count;
    }

    /// <summary>
    /// What is recognised on the target is whole, as it was before or as it is to be: nothing else mounts. A table that is recognised
    /// leads to such volumes alone. Outside the places that the run may write to all is as it was.
    /// </summary>
    public void MustHoldNothingHalf(MemoryDisk target)
    {
        target.Before = null;
        var bytes = target.ToArray();
        foreach (var place in _volumes.Select(v => v.Place).Distinct())
        {
            if (TypeOf(target, place) is { } type) Assert.True(IsWhole(place, bytes), $"{type} at {place} is recognised and not whole");
        }
        if (_onlyIn is { } scope)
        {
            foreach (var outside in scope.ComplementIn(new Extent(0, bytes.Length)))
                Assert.True(Same(outside, bytes, _before.Bytes), $"{outside}, where nothing is to be written, has changed");
            return;
        }
        if (PartitionTableReader.Read(target) is not { Kind: not PartitionTableKind.None } layout) return;
        Assert.All(layout.Partitions, p => Assert.True(IsWhole(p.Extent, bytes), $"a {layout.Kind} table is recognised, and partition {p.Number} is not whole"));
    }

    /// <summary>What the error says of the target's state is so.</summary>
    public void MustBeAsSaid(MemoryDisk target, string error)
    {
        target.Before = null;
        if (error.Contains("nothing was written", StringComparison.Ordinal) || error.Contains("holds what it held before", StringComparison.Ordinal))
            Assert.True(target.ToArray().AsSpan().SequenceEqual(_before.Bytes), $"not so: {error}");
        else if (error.Contains("neither booted nor mounted", StringComparison.Ordinal) || error.Contains("cannot be mounted", StringComparison.Ordinal))
            Assert.All(_volumes.Where(v => _onlyIn is null || _onlyIn.Contains(v.Place)), v => Assert.Null(TypeOf(target, v.Place)));
        else if (error.Contains("was written in full, but not proven", StringComparison.Ordinal))
            MustBeDone(target);
        else if (!error.Contains("all data is on", StringComparison.Ordinal) && !error.Contains("do not use what may still mount of it", StringComparison.Ordinal))
            Assert.True(target.ToArray().AsSpan().SequenceEqual(_before.Bytes), $"the target has changed, and nothing is said of it: {error}"); // a run that was only planned
    }

    public void MustBeDone(MemoryDisk target)
    {
        target.Before = null;
        var bytes = target.ToArray();
        Assert.All(_used, e => Assert.True(Same(e, bytes, _after), $"{e} is not what an undisturbed run makes of it"));
        MustHoldNothingHalf(target);
    }

    /// <summary>Another run onto what a failed one left.</summary>
    public void MustComplete(MemoryDisk target)
    {
        target.Before = null;
        Assert.Equal(0, Run(target, default).ExitCode);
        MustBeDone(target);
    }

    /// <summary>What is recognised at a place; null where nothing is.</summary>
    private static string? TypeOf(MemoryDisk target, Extent place)
    {
        using var slice = new BlockSourceSlice(target, place, "volume");
        return VolumeProbe.Read(slice, new AllocationOptions()).Type is not ("unknown" or "empty") and var type ? type : null;
    }

    private bool IsWhole(Extent place, byte[] bytes) =>
        _volumes.Any(v => v.Place == place && v.Used.All(e => Same(e, bytes, v.Disk)));

    private static bool Same(Extent extent, byte[] a, byte[] b) =>
        a.AsSpan((int)extent.Offset, (int)extent.Length).SequenceEqual(b.AsSpan((int)extent.Offset, (int)extent.Length));
}
