using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>Where partitions come to lie on a smaller disk, and every reason why they cannot.</summary>
internal sealed class ShrinkPlan
{
    /// <summary>GRUB's core image on a GPT disk lies there, found by its place: UEFI has no name for it, GRUB's manual, "BIOS installation".</summary>
    private const string BiosBoot = "21686148-6449-6e6f-744e-656564454649";

    /// <summary>What sfdisk takes the sectors of a file for.</summary>
    private const int FileSector = 512;

    internal const string FullSize = "restore it onto a disk that is as large";

    private readonly DiskSurvey _survey;
    private readonly IDiskShrinker _tools;
    private readonly string _target;
    private readonly CancellationToken _cancel;

    /// <param name="target">Path of the target.</param>
    /// <param name="targetLength">Bytes.</param>
    /// <exception cref="SafetyException">It does not fit, or must not be taken apart.</exception>
    public ShrinkPlan(ShrinkSource source, IDiskShrinker tools, string target, long targetLength, CancellationToken cancel)
    {
        var survey = source.Survey;
        (_survey, _tools, _target, _cancel) = (survey, tools, target, cancel);
        var volumes = source.Volumes;
        RefuseOdd(volumes);
        source.RefuseOdd();
        var end = new GrowthPlanner(survey.Layout, volumes, survey.Disk.Length).UsableEnd(targetLength);
        var layout = new SmallerLayout(survey.Volumes.Select(Fit), end, LeastLength);
        if (layout.Missing > 0) throw DoesNotFit(layout.Missing, targetLength);
        Places = layout.Places();
        foreach (var volume in survey.Volumes.Where(v => v.Partition.Type == BiosBoot && IsMoved(v)))
            throw new SafetyException($"partition {volume.Partition.Number} is where a BIOS looks for GRUB, and would have to move", FullSize);
    }

    /// <summary>By number.</summary>
    public IReadOnlyDictionary<int, Extent> Places { get; }

    public IReadOnlyList<PlanItem> Items =>
    [
        .. _survey.Volumes.Select(v => new PlanItem(
            v.Partition.Number, v.Partition.Number, v.Content.Type, v.Content.Label, v.Partition.Extent.Length, v.UsedBytes, PlanItems.How(true, v.Whole), v.WholeReason, null)
        {
            TargetLength = IsShrunk(v) ? Places[v.Partition.Number].Length : null,
        }),
        PlanItems.Gaps(Front.Length),
    ];

    /// <summary>What lies before the first partition: boot code, and what it needs.</summary>
    public Extent Front => new(0, _survey.Volumes.Select(v => v.Partition.Extent.Offset).DefaultIfEmpty(0).Min());

    public IEnumerable<SurveyedVolume> Shrunk => _survey.Volumes.Where(IsShrunk);

    public IEnumerable<string> Warnings
    {
        get
        {
            var moved = _survey.Volumes.Where(IsMoved).Select(v => v.Partition.Number).ToList();
            if (moved.Count > 0) yield return $"Moved towards the front: partition {string.Join(", ", moved)}.";
            if (_survey.Gaps.Except(ExtentSet.Of(Front)).Except(_survey.Layout.TableAreas).Any(gap => !_survey.Disk.DataIn(gap).IsEmpty))
                yield return "What lies between and behind partitions is left out.";
            foreach (var volume in Shrunk.Where(v => v.Content.Type == "NTFS"))
                yield return $"Windows will check partition {volume.Partition.Number} when it starts next: so its file system is marked when it is shrunk.";
            if (_survey.Layout.Kind == PartitionTableKind.Mbr && _survey.Volumes.Any(v => v.Content.Type == "NTFS" && IsMoved(v)))
                yield return "Windows that starts by BIOS finds its partitions by where they begin: where they have moved, its start-up repair (bootrec /rebuildbcd) has to be run once.";
            if (_survey.Volumes.Any(v => v.Content.Type.StartsWith("ext", StringComparison.Ordinal) && (IsShrunk(v) || IsMoved(v))))
                yield return "A boot loader that counts sectors inside a file system (LILO, extlinux, GRUB without a gap or partition of its own) has to be installed anew.";
        }
    }

    public bool IsMoved(SurveyedVolume volume) => Places[volume.Partition.Number].Offset != volume.Partition.Extent.Offset;

    private bool IsShrunk(SurveyedVolume volume) => Places[volume.Partition.Number].Length != volume.Partition.Extent.Length;

    private void RefuseOdd(IReadOnlyList<TransferVolume> volumes)
    {
        SafetyChecks.NotSuspended(_survey);
        if (_survey.Volumes.Count == 0) throw new SafetyException($"{_survey.Disk.Name} has no partition that could shrink", FullSize);
        if (_survey.Layout is { Kind: not PartitionTableKind.None, SectorSize: not FileSector and var sector })
            throw new SafetyException($"the partition table counts in sectors of {sector} bytes: such a table cannot be made smaller yet", FullSize);
        if (volumes.FirstOrDefault(v => !v.Included) is { } left) throw new SafetyException($"partition {left.Number} is not part of the image: what it would have to make room for is not known", FullSize);
        if (volumes.FirstOrDefault(v => v.AnchoredToDiskEnd && v.Number != 0) is { } anchored)
            throw new SafetyException($"partition {anchored.Number} ({anchored.FileSystem}) belongs to a disk with a database at its end", FullSize);
    }

    private FitVolume Fit(SurveyedVolume v) => new(
        v.Partition.Number, v.Partition.Extent, _survey.Layout.Kind == PartitionTableKind.Mbr && v.Partition.Number > 4,
        WhyNot(v) is null ? v.Partition.Extent.Length - v.UsedBytes : 0);

    private string? WhyNot(SurveyedVolume v) => v switch
    {
        { Whole: true } => v.WholeReason,
        { Content.IsSetMember: true } => "it is one of several devices",
        { Content.EndAnchored: true } => "it counts from its end",
        _ => _tools.WhyNot(v.Content.Type),
    };

    private long LeastLength(int number)
    {
        var volume = _survey.Volumes.First(v => v.Partition.Number == number);
        using var slice = new BlockSourceSlice(_survey.Disk, volume.Partition.Extent, $"{_survey.Disk.Name} partition {number}");
        return _tools.LeastLength(slice, volume.Content.Type, _cancel);
    }

    private SafetyException DoesNotFit(long missing, long targetLength)
    {
        var rigid = _survey.Volumes.Where(v => WhyNot(v) is not null).Select(v => $"partition {v.Partition.Number} ({v.Content.Type}: {WhyNot(v)})").ToList();
        return new SafetyException(
            $"{_target} is too small by {missing} bytes, though everything was shrunk as far as it goes"
                + (rigid.Count > 0 ? $"; not shrunk: {string.Join(", ", rigid)}" : ""),
            $"choose a target of at least {targetLength + SmallerLayout.AlignUp(missing)} bytes");
    }
}
