using RescueKit.Media.Tools;

namespace RescueKit.Media.Boot;

/// <summary>
/// The hybrid image, laid out as Debian's and Ubuntu's own: GPT with the ISO as partition 1 and the EFI partition behind it, GRUB's boot code in
/// the MBR, and an El Torito catalogue with both for CDs.
/// </summary>
internal static class IsoImage
{
    private const string EfiSystem = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
    private const string BasicData = "a2a0d0ebe5b9334487c068b6b72699c7"; // EBD0A0A2-B9E5-4433-87C0-68B6B72699C7 in the order of its bytes

    /// <param name="folder">What the ISO holds; boot/grub/eltorito.img is among it.</param>
    public static void Make(string folder, BootPackages packages, string efiPartition, string output, SourceDate date)
    {
        date.Stamp(folder);
        ExternalTool.Run("xorriso",
        [
            "-no_rc", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-r", "-J", "-joliet-long", "-V", "RESCUEKIT", "-o", output,
            "-no-pad", // what is appended for old CD burners would be a partition "Gap1"
            "--grub2-mbr", Path.Combine(packages.BiosModules, "boot_hybrid.img"), "--mbr-force-bootable", "-partition_offset", "16",
            "-append_partition", "2", EfiSystem, efiPartition, "-appended_part_as_gpt", "-iso_mbr_part_type", BasicData,
            "-c", "boot.catalog", "-b", "boot/grub/eltorito.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "--grub2-boot-info",
            "-eltorito-alt-boot", "-e", "--interval:appended_partition_2:all::", "-no-emul-boot",
            folder,
        ], date.Setting);
    }
}
