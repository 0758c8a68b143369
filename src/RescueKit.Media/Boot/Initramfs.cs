using RescueKit.Media.Kernel;
using RescueKit.Media.Tools;

namespace RescueKit.Media.Boot;

/// <summary>What the boot loader puts into memory beside the kernel: media/init, busybox, a few modules, and the system as one squashfs.</summary>
internal static class Initramfs
{
    private static readonly string[] s_modules = ["loop", "squashfs", "overlay"];

    /// <summary>Packs a root folder; owners, times and order do not depend on who does it.</summary>
    public static void MakeSquashfs(string root, string output, SourceDate date) => ExternalTool.Run("mksquashfs",
        [root, output, "-noappend", "-no-progress", "-quiet", "-all-root", "-no-xattrs", "-comp", "zstd", "-Xcompression-level", "19", "-b", "256K"], date.Setting);

    /// <param name="folder">An empty one to work in.</param>
    public static void Make(string folder, string busybox, ModuleIndex modules, string squashfs, string output, SourceDate date)
    {
        foreach (var name in (string[])["bin", "dev", "proc", "sys", "lower", "upper", "system", "modules"]) Directory.CreateDirectory(Path.Combine(folder, name));
        File.Copy(busybox, Path.Combine(folder, "bin/busybox"));
        File.WriteAllText(Path.Combine(folder, "init"), Assets.Text("init"));
        foreach (var program in (string[])["bin/busybox", "init"]) File.SetUnixFileMode(Path.Combine(folder, program), (UnixFileMode)0b111_101_101);
        File.Move(squashfs, Path.Combine(folder, "system.squashfs"));
        // Those that are built into the kernel have no file.
        var order = modules.WithNeeds(s_modules.Select(modules.PathOf).OfType<string>());
        foreach (var module in order) File.Copy(Path.Combine(modules.Folder, module), Path.Combine(folder, "modules", Path.GetFileName(module)));
        CompressedModules.Unpack(Path.Combine(folder, "modules"));
        File.WriteAllLines(Path.Combine(folder, "modules/order"), order.Select(module => Path.GetFileName(CompressedModules.PlainName(module))));
        date.Stamp(folder);
        var names = Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal);
        // Not compressed: the squashfs is already, and unpacking would only cost time at each boot.
        ExternalTool.Run("cpio", ["--create", "--format=newc", "--reproducible", "--owner=0:0", "--quiet", "--file=" + output],
            new ToolSetting { WorkingFolder = folder, Input = string.Join('\n', names) + "\n" });
    }
}
