using RescueKit.Media.Kernel;
using RescueKit.Media.Packages;
using RescueKit.Media.Screen;
using RescueKit.Media.Tools;
using RescueKit.Media.Tree;
using RescueKit.Model;

namespace RescueKit.Media.Build;

/// <summary>Puts the rescue environment's files together: programs, their libraries, kernel modules, the executable, media/system.</summary>
internal static class RescueSystem
{
    private static readonly string[] s_moduleTables = ["modules.order", "modules.builtin", "modules.builtin.modinfo"];

    /// <returns>How many kernel modules are in it.</returns>
    public static int Fill(SystemTree tree, MediaBuildRequest request, string binary, IReadOnlyList<UnpackedPackage> packages, KernelFiles kernel)
    {
        foreach (var wanted in WantedPackage.Read("packages")) AddPackage(tree, wanted, Find(wanted.Name));
        tree.AddFile(binary, "usr/bin/rescuekit");
        AddOwnFiles(tree);
        ScreenFiles.Add(tree, Find("unifont"), Find("console-data"), Find("kbd"));
        if (request.Firmware is { } firmware) tree.AddFolder(firmware, "lib/firmware");
        var modules = AddModules(tree, kernel);
        new SharedLibraries(packages).Complete(tree);
        AddApplets(tree);
        return modules;

        UnpackedPackage Find(string name) => packages.Single(package => package.Package.Name == name);
    }

    private static void AddPackage(SystemTree tree, WantedPackage wanted, UnpackedPackage package)
    {
        foreach (var (name, paths) in wanted.Select(package.Files))
        {
            if (paths.Count == 0) throw new DeviceException($"media/packages wants {name} of {package.Package.Name} {package.Package.Version}, which has no such file");
            foreach (var path in paths) tree.Add(Path.Combine(package.Root, path), path);
        }
    }

    private static void AddOwnFiles(SystemTree tree)
    {
        foreach (var asset in Assets.Below("system"))
        {
            var text = Assets.Text(asset);
            tree.AddText(asset["system/".Length..], text, text.StartsWith("#!", StringComparison.Ordinal));
        }
    }

    private static int AddModules(SystemTree tree, KernelFiles kernel)
    {
        var index = new ModuleIndex(kernel.Modules);
        var folder = Path.Combine("lib/modules", kernel.Version);
        var selected = ModuleSelection.Read().Select(index);
        foreach (var module in selected.Concat(s_moduleTables.Where(table => File.Exists(Path.Combine(kernel.Modules, table)))))
            tree.AddFile(Path.Combine(kernel.Modules, module), Path.Combine(folder, module));
        CompressedModules.Unpack(tree.PathOf(folder));
        ExternalTool.Run("depmod", ["-b", tree.Root, kernel.Version]);
        return selected.Count;
    }

    /// <summary>Everything that busybox can do and no program of its own does.</summary>
    private static void AddApplets(SystemTree tree)
    {
        string[] folders = ["usr/bin", "usr/sbin"];
        tree.AddLink("usr/bin/sh", "bash");
        foreach (var applet in ExternalTool.Run(tree.PathOf("bin/busybox"), ["--list"]).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!folders.Any(folder => tree.Has($"{folder}/{applet}"))) tree.AddLink($"usr/bin/{applet}", "busybox");
        }
        tree.AddLink("usr/sbin/init", "../bin/busybox");
    }
}
