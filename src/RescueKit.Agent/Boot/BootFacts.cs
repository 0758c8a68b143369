namespace RescueKit.Agent.Boot;

/// <summary>What decides whether this machine's firmware starts a disk.</summary>
internal sealed record BootFacts
{
    public required bool MachineIsUefi { get; init; }
    public bool SecureBoot { get; init; }

    /// <summary>False for a file: the firmware keeps no entries for it.</summary>
    public bool IsDevice { get; init; }

    /// <summary>Null where the disk has no EFI system partition.</summary>
    public EfiPartition? Efi { get; init; }
    public bool HasBootCode { get; init; }

    /// <summary>What MBR boot code goes on with: an active partition, or GRUB, which knows its own.</summary>
    public bool BootCodeLeadsOn { get; init; }
}

/// <param name="Number">Of the partition.</param>
/// <param name="Files">Paths inside it below EFI, with '/': "EFI/debian/shimx64.efi"; null where it could not be read.</param>
/// <param name="EntryNames">The firmware's boot entries that name this partition.</param>
internal sealed record EfiPartition(int Number, IReadOnlyList<string>? Files, IReadOnlyList<string> EntryNames)
{
    /// <summary>Why it could not be read; null where it could.</summary>
    public string? Problem { get; init; }
}
