namespace RescueKit.Agent.Boot;

/// <summary>Whether a disk's content was made for another kind of firmware than this machine's: said in the plan, before anything is written.</summary>
internal static class FirmwareFit
{
    /// <summary>UEFI specification, table 5.7 (GPT) and 5.2.2 (MBR).</summary>
    private static readonly string[] EfiTypes = ["c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0xef"];

    /// <summary>GRUB's BIOS boot partition (GNU GRUB manual, "BIOS installation").</summary>
    private const string BiosBootType = "21686148-6449-6e6f-744e-656564454649";

    public static bool IsEfiPartition(string type) => EfiTypes.Contains(type, StringComparer.OrdinalIgnoreCase);

    /// <param name="table">"gpt" or "mbr"; others boot nothing.</param>
    /// <param name="types">Partition types.</param>
    /// <returns>A sentence; null where it fits, or nothing can be told.</returns>
    public static string? Warning(bool machineIsUefi, string table, IReadOnlyList<string> types)
    {
        var isForUefi = types.Any(IsEfiPartition);
        var isForBios = table == "mbr" ? types.Count > 0 : types.Contains(BiosBootType, StringComparer.OrdinalIgnoreCase);
        return (machineIsUefi, isForUefi, isForBios) switch
        {
            (false, true, false) => "The system was made for UEFI, and this machine was started by its BIOS: to boot it here, switch the firmware's settings to UEFI.",
            (true, false, true) => "The system was made for BIOS, and this machine was started by UEFI: to boot it here, switch the firmware's settings to BIOS (legacy, CSM).",
            _ => null,
        };
    }
}
