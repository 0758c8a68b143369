using RescueKit.Media.Tools;

namespace RescueKit.Media.Boot;

/// <summary>GRUB for BIOS: one file with all commands that media/boot/grub.cfg uses, as the signed GRUB for UEFI has them built in.</summary>
internal static class BiosLoader
{
    private static readonly string[] s_modules =
    [
        "configfile", "echo", "halt", "linux", "normal", "reboot", "regexp", "search", "search_fs_file", "serial", "sleep", "terminal", "test", "minicmd", "ls", "cat",
    ];

    private static readonly string[] s_diskModules = ["biosdisk", "iso9660", "part_gpt", "part_msdos", "fat"];
    private static readonly string[] s_networkModules = ["pxe", "tftp", "net"];

    /// <summary>The El Torito image, which the MBR of the stick loads too.</summary>
    public static void MakeForDisk(BootPackages packages, string output) => Make(packages, output, "i386-pc-eltorito", "/boot/grub", s_diskModules);

    /// <summary>The file that a BIOS gets over the network.</summary>
    /// <param name="prefix">The folder of grub.cfg on the server.</param>
    public static void MakeForNetwork(BootPackages packages, string output, string prefix) => Make(packages, output, "i386-pc-pxe", prefix, s_networkModules);

    private static void Make(BootPackages packages, string output, string format, string prefix, string[] access) =>
        ExternalTool.Run("grub-mkimage", ["-d", packages.BiosModules, "-O", format, "-o", output, "-p", prefix, .. access, .. s_modules]);
}
