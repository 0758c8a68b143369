using RescueKit.Media.Write;

namespace RescueKit.Media.Boot;

/// <summary>What firmware gets over the network before it can get the kernel; `media write --pxe` lays it out for a TFTP server.</summary>
internal static class NetworkLoaders
{
    public static void Make(BootPackages packages, string folder)
    {
        Directory.CreateDirectory(folder);
        BiosLoader.MakeForNetwork(packages, Path.Combine(folder, NetworkFolder.BiosFile), "/boot/grub");
        File.Copy(packages.Shim, Path.Combine(folder, NetworkFolder.UefiFile));
        File.Copy(packages.KeyManager, Path.Combine(folder, "mmx64.efi"));
        // shim asks for this name beside its own.
        File.Copy(packages.SignedNetworkGrub, Path.Combine(folder, "grubx64.efi"));
        var menu = Path.Combine(folder, "grub", "grub.cfg");
        Directory.CreateDirectory(Path.GetDirectoryName(menu)!);
        File.WriteAllText(menu, "configfile /boot/grub/grub.cfg\n");
    }
}
