using RescueKit.Media.Packages;

namespace RescueKit.Media.Boot;

/// <summary>The boot loaders, in the unpacked packages of media/boot-packages.</summary>
internal sealed class BootPackages(IReadOnlyList<UnpackedPackage> packages)
{
    public string Shim => Find("shim-signed", "usr/lib/shim/shimx64.efi.signed");
    public string KeyManager => Find("shim-helpers-amd64-signed", "usr/lib/shim/mmx64.efi.signed");

    /// <summary>GRUB for UEFI as it is meant for CDs: it looks for its menu in /boot/grub of where it was read from.</summary>
    public string SignedGrub => Find("grub-efi-amd64-signed", "usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed");

    /// <summary>GRUB for UEFI that reads over the network.</summary>
    public string SignedNetworkGrub => Find("grub-efi-amd64-signed", "usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed");

    /// <summary>Folder of GRUB's modules for BIOS.</summary>
    public string BiosModules => Path.Combine(Root("grub-pc-bin"), "usr/lib/grub/i386-pc");

    private string Find(string package, string path) => Path.Combine(Root(package), path);

    private string Root(string package) => packages.Single(unpacked => unpacked.Package.Name == package).Root;
}
