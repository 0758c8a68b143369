using RescueKit.Media.Tools;
using RescueKit.Model;

namespace RescueKit.Media.Write;

/// <summary>A folder for a TFTP server, from which machines boot over the network: by BIOS, and by UEFI with Secure Boot.</summary>
public static class NetworkFolder
{
    /// <summary>In the ISO, what only the network needs.</summary>
    internal const string Source = "netboot";

    /// <summary>What a DHCP server names as boot file.</summary>
    public const string BiosFile = "rescuekit.0";
    public const string UefiFile = "shimx64.efi";

    /// <param name="folder">Made where it does not exist; files of the same names are replaced.</param>
    /// <exception cref="UsageException">The ISO is not one of `media build`'s.</exception>
    public static void Write(string iso, string folder)
    {
        if (!File.Exists(iso)) throw new UsageException($"{iso} does not exist", "'rescuekit media build' makes it.");
        var target = Directory.CreateDirectory(folder).FullName;
        var work = Directory.CreateTempSubdirectory("rescuekit-netboot-").FullName;
        try
        {
            var (exitCode, _, error) = ExternalTool.Try("xorriso", ["-no_rc", "-osirrox", "on", "-indev", Path.GetFullPath(iso),
                "-extract", "/" + Source, Path.Combine(work, "out"), "-extract", "/rescuekit", Path.Combine(work, "out/rescuekit"), "-extract", "/boot/grub", Path.Combine(work, "menu")]);
            if (exitCode != 0 || !File.Exists(Path.Combine(work, "out", BiosFile)))
                throw new UsageException($"{iso} is not rescue media as 'rescuekit media build' makes them: {error.Trim()}", "Name a file that it has made, unchanged.");
            foreach (var menu in (string[])["grub.cfg", "settings.cfg", "keyboards.cfg", "stick.cfg"])
                Copy(Path.Combine(work, "menu", menu), Path.Combine(work, "out/boot/grub", menu));
            foreach (var file in FolderWalk.Files(Path.Combine(work, "out"))) Copy(Path.Combine(work, "out", file), Path.Combine(target, file));
        }
        finally
        {
            ExternalTool.Run("chmod", ["-R", "u+w", work]); // the ISO's files are read-only
            Directory.Delete(work, recursive: true);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Delete(to);
        File.Copy(from, to);
        File.SetUnixFileMode(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }
}
