using System.Globalization;
using System.Text;
using RescueKit.Media.Tools;

namespace RescueKit.Media.Boot;

/// <summary>The FAT partition that UEFI boots from: Debian's shim, its GRUB for CDs (whose prefix is /boot/grub), and a menu that goes on with the ISO.</summary>
internal static class EfiPartition
{
    private const int Mebibytes = 8;

    public static void Make(BootPackages packages, string output, SourceDate date)
    {
        var folder = Directory.CreateTempSubdirectory("rescuekit-esp-").FullName;
        try
        {
            var files = new (string Source, string Inside)[]
            {
                (packages.Shim, "EFI/BOOT/BOOTX64.EFI"), (packages.KeyManager, "EFI/BOOT/mmx64.efi"), (packages.SignedGrub, "EFI/BOOT/grubx64.efi"),
            };
            foreach (var (source, inside) in files) Put(File.ReadAllBytes(source), inside);
            Put(Encoding.UTF8.GetBytes(Assets.Text("boot/esp.cfg")), "boot/grub/grub.cfg");
            date.Stamp(folder);
            File.Delete(output);
            ExternalTool.Run("mkfs.fat", ["-C", "--invariant", "-n", "RESCUEKIT", "-i", "52455343", output, (Mebibytes * 1024).ToString(CultureInfo.InvariantCulture)], date.Setting);
            ExternalTool.Run("mcopy", ["-s", "-m", "-Q", "-i", output, Path.Combine(folder, "EFI"), Path.Combine(folder, "boot"), "::/"], date.Setting);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Put(byte[] content, string inside)
        {
            var path = Path.Combine(folder, inside);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }
}
