using RescueKit.Agent.Protocol;

namespace RescueKit.Agent.Boot;

/// <summary>Draws the conclusion from the facts; touches nothing.</summary>
internal static class BootAdvice
{
    public const string Bootable = "bootable";
    public const string NotYet = "not yet bootable";
    public const string Unknown = "unknown";
    public const string NoSystem = "not a system disk";
    public const string EntryRemedy = "entry:";
    public const string FallbackRemedy = "fallback:";

    public static BootCheck Of(BootFacts facts) => facts.MachineIsUefi ? OfUefi(facts) : OfBios(facts);

    private static BootCheck OfBios(BootFacts facts)
    {
        if (facts.HasBootCode && facts.BootCodeLeadsOn) return Say(Bootable, "It has boot code, which this machine's BIOS starts.");
        if (facts.Efi is not null)
        {
            return Say(NotYet, "It is made for UEFI (it has an EFI system partition), and this machine was started by its BIOS.",
                "Switch the firmware's settings to UEFI.");
        }
        return facts.HasBootCode
            ? Say(NotYet, "It has boot code and no active partition that the code could go on with.", "Mark its system's partition active (fdisk, a).")
            : Say(NoSystem, "It has neither boot code nor an EFI system partition.");
    }

    private static BootCheck OfUefi(BootFacts facts)
    {
        if (facts.Efi is not { } efi)
        {
            return facts.HasBootCode
                ? Say(NotYet, "It is made for BIOS (it has no EFI system partition), and this machine was started by UEFI.",
                    "Switch the firmware's settings to BIOS (also called legacy or CSM).")
                : Say(NoSystem, "It has neither boot code nor an EFI system partition.");
        }
        if (efi.Files is not { } files) return Say(Unknown, $"Its EFI system partition (partition {efi.Number}) could not be read: {efi.Problem}");
        if (efi.EntryNames.Count > 0 && EfiLoaders.Find(files).Count > 0)
            return Say(Bootable, $"The firmware has an entry for it: {string.Join(", ", efi.EntryNames)}.");
        if (EfiLoaders.HasFallback(files)) return Say(Bootable, $"The firmware has no entry for it, but starts its fallback loader ({EfiLoaders.Fallback}).");
        var loaders = EfiLoaders.Find(files);
        return loaders.Count == 0
            ? Say(NotYet, $"Its EFI system partition (partition {efi.Number}) holds no loader.", "Install the system's boot loader anew.")
            : new BootCheck(NotYet, ["The firmware has no entry for it.", "Its EFI system partition has no fallback loader.", .. Trust(facts, loaders)], [.. Remedies(facts, loaders)]);
    }

    private static IEnumerable<string> Trust(BootFacts facts, IReadOnlyList<EfiLoader> loaders)
    {
        if (facts.SecureBoot && loaders.All(loader => loader.Path.Contains("grub", StringComparison.OrdinalIgnoreCase)))
            yield return "Secure Boot is on, and its loader has no shim before it: the firmware may refuse it.";
    }

    /// <summary>The firmware's settings are given back more easily than a disk: they come first.</summary>
    private static IEnumerable<BootRemedy> Remedies(BootFacts facts, IReadOnlyList<EfiLoader> loaders)
    {
        if (facts.IsDevice)
        {
            foreach (var loader in loaders)
                yield return new BootRemedy(EntryRemedy + loader.Path, $"Add the boot entry \"{loader.Label}\"", "changes this machine's firmware settings");
        }
        foreach (var loader in loaders)
        {
            var whose = loaders.Count == 1 ? "" : $" ({loader.Label})";
            yield return new BootRemedy(FallbackRemedy + loader.Path, $"Add a fallback loader{whose}", "changes the restored disk");
        }
    }

    private static BootCheck Say(string verdict, params IReadOnlyList<string> reasons) => new(verdict, reasons, []);
}
