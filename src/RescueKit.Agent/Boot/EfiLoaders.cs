using System.Runtime.InteropServices;

namespace RescueKit.Agent.Boot;

/// <summary>One system's loader in an EFI system partition.</summary>
/// <param name="Label">For the boot entry: "debian", "Windows Boot Manager".</param>
/// <param name="Path">"EFI/debian/shimx64.efi".</param>
/// <param name="Companions">Names of files beside it that it loads.</param>
internal sealed record EfiLoader(string Label, string Path, IReadOnlyList<string> Companions)
{
    public string Folder => System.IO.Path.GetDirectoryName(Path)!;
}

/// <summary>Finds loaders by the names that distributions and Windows give them. Names of FAT files are compared without regard to case.</summary>
internal static class EfiLoaders
{
    private const string WindowsLoader = "EFI/Microsoft/Boot/bootmgfw.efi";

    /// <summary>As file names end: UEFI specification, section 3.5.1.1.</summary>
    private static readonly string Machine = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "aa64" : "x64";

    /// <summary>What firmware starts on a disk that it has no entry for (UEFI specification, section 3.5).</summary>
    public static string Fallback { get; } = $"EFI/BOOT/BOOT{Machine.ToUpperInvariant()}.EFI";

    public static bool HasFallback(IReadOnlyList<string> files) => Find(files, Fallback) is not null;

    /// <summary>One for each system; a shim before what it loads, since Secure Boot trusts it alone.</summary>
    public static IReadOnlyList<EfiLoader> Find(IReadOnlyList<string> files)
    {
        var found = new List<EfiLoader>();
        foreach (var folder in files.Select(file => Path.GetDirectoryName(file)!).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (folder.Split('/') is not ["EFI" or "efi", var vendor] || vendor.Equals("BOOT", StringComparison.OrdinalIgnoreCase)) continue;
            var shim = Find(files, $"{folder}/shim{Machine}.efi");
            var grub = Find(files, $"{folder}/grub{Machine}.efi");
            var systemd = Find(files, $"{folder}/systemd-boot{Machine}.efi");
            if ((shim ?? grub ?? systemd) is { } loader)
                found.Add(new EfiLoader(vendor, loader, shim is null ? [] : [.. Names(grub, Find(files, $"{folder}/mm{Machine}.efi"))]));
        }
        if (Find(files, WindowsLoader) is { } windows) found.Add(new EfiLoader("Windows Boot Manager", windows, []));
        return found;
    }

    private static IEnumerable<string> Names(params string?[] files) => files.OfType<string>().Select(file => Path.GetFileName(file));

    private static string? Find(IReadOnlyList<string> files, string path) => files.FirstOrDefault(file => file.Equals(path, StringComparison.OrdinalIgnoreCase));
}
