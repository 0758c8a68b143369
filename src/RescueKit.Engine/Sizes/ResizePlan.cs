using RescueKit.Engine.Receipts;
using RescueKit.Engine.Safety;
using RescueKit.Engine.Survey;
using RescueKit.Engine.Transfers;
using RescueKit.Model;

namespace RescueKit.Engine.Sizes;

/// <summary>Where partitions come to lie on a disk of another size, and every reason why they cannot.</summary>
internal abstract class ResizePlan
{
    /// <summary>GRUB's core image on a GPT disk lies there, found by its place: UEFI has no name for it, GRUB's manual, "BIOS installation".</summary>
    private const string BiosBoot = "21686148-6449-6e6f-744e-656564454649";

    /// <summary>Where Windows keeps its recovery environment ("PARTITION_MSFT_RECOVERY_GUID").</summary>
    private const string WindowsRecovery = "de94bba4-06d1-4d40-a16a-bfd50179d6ac";

    /// <summary>What sfdisk takes the sectors of a file for.</summary>
    private const int FileSector = 512;

    private IReadOnlyDictionary<int, Extent> _places = new Dictionary<int, Extent>();

    /// <param name="remedy">What to do where it must not be taken apart.</param>
    /// <exception cref="SafetyException">It must not be taken apart.</exception>
    protected ResizePlan(ResizeSource source, string remedy)
    {
        (Survey, Remedy) = (source.Survey, remedy);
        RefuseOdd(source.Volumes);
        source.RefuseOdd(remedy);
    }

    public string Remedy { get; }

    /// <summary>By number.</summary>
    /// <exception cref="SafetyException">When set: something must not move.</exception>
    public IReadOnlyDictionary<int, Extent> Places
    {
        get => _places;
        protected set
        {
            _places = value;
            foreach (var volume in Survey.Volumes.Where(v => v.Partition.Type == BiosBoot && IsMoved(v)))
                throw new SafetyException($"partition {volume.Partition.Number} is where a BIOS looks for GRUB, and would have to move", Remedy);
        }
    }

    public IReadOnlyList<PlanItem> Items =>
    [
        .. Survey.Volumes.Select(v => new PlanItem(
            v.Partition.Number, v.Partition.Number, v.Content.Type, v.Content.Label, v.Partition.Extent.Length, v.UsedBytes, PlanItems.How(true, v.Whole), v.WholeReason, null)
        {
            TargetLength = IsShrunk(v) ? Places[v.Partition.Number].Length : null,
        }),
        PlanItems.Gaps(Front.Length),
    ];

    /// <summary>What lies before the first partition: boot code, and what it needs.</summary>
    public Extent Front => new(0, Survey.Volumes.Select(v => v.Partition.Extent.Offset).DefaultIfEmpty(0).Min());

    public IEnumerable<SurveyedVolume> Shrunk => Survey.Volumes.Where(IsShrunk);

    public virtual IEnumerable<string> Warnings
    {
        get
        {
            var moved = Survey.Volumes.Where(IsMoved).ToList();
            if (moved.Count > 0) yield return $"Moved towards the {Direction}: partition {string.Join(", ", moved.Select(v => v.Partition.Number))}.";
            if (Survey.Gaps.Except(ExtentSet.Of(Front)).Except(Survey.Layout.TableAreas).Any(gap => !Survey.Disk.DataIn(gap).IsEmpty))
                yield return "What lies between and behind partitions is left out.";
            if (Survey.Layout.Kind == PartitionTableKind.Mbr && moved.Any(v => v.Content.Type == "NTFS"))
                yield return "Windows that starts by BIOS finds its partitions by where they begin: where they have moved, its start-up repair (bootrec /rebuildbcd) has to be run once.";
            if (moved.Any(v => v.Partition.Type == WindowsRecovery))
                yield return "Windows notes where its recovery environment lies: where that has moved, \"reagentc /disable\" and \"reagentc /enable\" have to be run once.";
            if (Survey.Volumes.Any(v => v.Content.Type.StartsWith("ext", StringComparison.Ordinal) && (IsShrunk(v) || IsMoved(v))))
                yield return "A boot loader that counts sectors inside a file system (LILO, extlinux, GRUB without a gap or partition of its own) has to be installed anew.";
        }
    }

    protected DiskSurvey Survey { get; }

    /// <summary>Where partitions move to: "front".</summary>
    protected abstract string Direction { get; }

    public bool IsMoved(SurveyedVolume volume) => Places[volume.Partition.Number].Offset != volume.Partition.Extent.Offset;

    private bool IsShrunk(SurveyedVolume volume) => Places[volume.Partition.Number].Length != volume.Partition.Extent.Length;

    private void RefuseOdd(IReadOnlyList<TransferVolume> volumes)
    {
        SafetyChecks.NotSuspended(Survey);
        if (Survey.Volumes.Count == 0) throw new SafetyException($"{Survey.Disk.Name} has no partition that could be resized", Remedy);
        if (Survey.Layout is { Kind: not PartitionTableKind.None, SectorSize: not FileSector and var sector })
            throw new SafetyException($"the partition table counts in sectors of {sector} bytes: such a table cannot be made anew yet", Remedy);
        if (volumes.FirstOrDefault(v => !v.Included) is { } left) throw new SafetyException($"partition {left.Number} is not part of the image: what it would have to make room for is not known", Remedy);
        if (volumes.FirstOrDefault(v => v.AnchoredToDiskEnd && v.Number != 0) is { } anchored)
            throw new SafetyException($"partition {anchored.Number} ({anchored.FileSystem}) belongs to a disk with a database at its end", Remedy);
    }
}
