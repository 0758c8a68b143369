using RescueKit.Agent.Machine;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Engine;
using RescueKit.Model;

namespace RescueKit.Agent.Boot;

/// <summary>Looks at a disk that was written, whether this machine's firmware would start it, and helps where it would not.</summary>
/// <param name="mountPoint">Where an EFI system partition is mounted when there are no mtools.</param>
internal sealed class BootDoctor(MachineReader machine, IToolRunner tools, string mountPoint)
{
    private const int BootCodeLength = 440;
    private const ulong Active = 0x80;

    /// <summary>"Legacy BIOS bootable": UEFI specification, table 5.8.</summary>
    private const ulong GptLegacyBootable = 1 << 2;

    private readonly FirmwareEntries _entries = new(tools);

    /// <exception cref="RescueKitException">The disk cannot be looked at.</exception>
    public BootCheck Check(string disk) => BootAdvice.Of(FactsOf(disk));

    /// <exception cref="UsageException">That remedy is not one of those of <see cref="Check"/>.</exception>
    /// <exception cref="RescueKitException">It failed.</exception>
    public BootCheck Apply(string disk, string remedy)
    {
        var facts = FactsOf(disk);
        if (BootAdvice.Of(facts).Remedies.All(known => known.Id != remedy)) throw new UsageException($"there is no remedy '{remedy}' for {disk}", "look at the disk again");
        var loader = EfiLoaders.Find(facts.Efi!.Files!).First(known => remedy.EndsWith(known.Path, StringComparison.Ordinal));
        if (remedy.StartsWith(BootAdvice.EntryRemedy, StringComparison.Ordinal)) _entries.Add(disk, facts.Efi.Number, loader.Path, loader.Label);
        else AddFallback(disk, loader);
        return Check(disk);
    }

    /// <summary>What this machine has to say of a plan: the wrong firmware, where the target is one of its disks.</summary>
    public RunPlan Annotate(RunPlan plan, Func<(string Table, IReadOnlyList<string> Types)?> source)
    {
        if (plan.Operation is not ("restore" or "clone") || !IsDevice(plan.Onto.Path)) return plan;
        return source() is var (table, types) && FirmwareFit.Warning(machine.IsUefi, table, types) is { } warning
            ? plan with { Warnings = [.. plan.Warnings, warning] }
            : plan;
    }

    public static (string Table, IReadOnlyList<string> Types) TableOf(string disk)
    {
        using var source = BlockDevices.OpenSource(disk, exclusive: false);
        var layout = PartitionTableReader.Read(source);
        return (layout.Kind.ToString().ToLowerInvariant(), [.. layout.Partitions.Select(partition => partition.Type)]);
    }

    private static bool IsDevice(string path)
    {
        try
        {
            return DiskInventory.Describe(path).Geometry.Identity.Kind != "file";
        }
        catch (RescueKitException)
        {
            return false; // a file that does not exist yet
        }
    }

    private BootFacts FactsOf(string disk)
    {
        using var source = BlockDevices.OpenSource(disk, exclusive: false);
        var layout = PartitionTableReader.Read(source);
        var sector = new byte[512];
        source.Read(0, sector);
        var code = sector.AsSpan(0, BootCodeLength);
        var active = layout.Kind == PartitionTableKind.Mbr ? Active : GptLegacyBootable;
        return new BootFacts
        {
            MachineIsUefi = machine.IsUefi,
            SecureBoot = machine.SecureBoot == true,
            IsDevice = IsDevice(disk),
            Efi = layout.Partitions.FirstOrDefault(partition => FirmwareFit.IsEfiPartition(partition.Type)) is { } efi ? Look(disk, layout, efi) : null,
            HasBootCode = code.ContainsAnyExcept((byte)0),
            BootCodeLeadsOn = code.IndexOf("GRUB"u8) >= 0 || layout.Partitions.Any(partition => (partition.Attributes & active) != 0),
        };
    }

    private EfiPartition Look(string disk, DiskLayout layout, Partition efi)
    {
        var entries = machine.IsUefi ? _entries.NamesFor(efi.Id ?? $"MBR,0x{layout.DiskId}") : [];
        try
        {
            using var files = Open(disk, efi);
            return new EfiPartition(efi.Number, files.List(), entries);
        }
        catch (RescueKitException e)
        {
            return new EfiPartition(efi.Number, null, entries) { Problem = e.Message };
        }
    }

    private void AddFallback(string disk, EfiLoader loader)
    {
        Partition efi;
        using (var source = BlockDevices.OpenSource(disk, exclusive: false))
            efi = PartitionTableReader.Read(source).Partitions.First(partition => FirmwareFit.IsEfiPartition(partition.Type));
        using var files = Open(disk, efi);
        var folder = Path.GetDirectoryName(EfiLoaders.Fallback)!;
        // What firmware looks for comes last: a copy that fails half-way leaves nothing that it would try to start.
        foreach (var name in loader.Companions) files.Copy($"{loader.Folder}/{name}", $"{folder}/{name}");
        files.Copy(loader.Path, EfiLoaders.Fallback);
    }

    private IEspFiles Open(string disk, Partition efi) => tools.Has("mdir") && tools.Has("mcopy")
        ? new MtoolsEsp(tools, disk, efi.Extent.Offset)
        : new MountedEsp(tools, PartitionNodes.Of(disk, efi.Number), mountPoint);
}
