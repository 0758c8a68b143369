using RescueKit.Media.Packages;
using RescueKit.Media.Tools;
using RescueKit.Model;

namespace RescueKit.Media.Kernel;

/// <summary>A kernel and all modules that were built with it.</summary>
/// <param name="Version">As `uname -r` prints it.</param>
/// <param name="Image">The bootable file.</param>
/// <param name="Modules">The folder lib/modules/VERSION, with what depmod makes in it.</param>
internal sealed record KernelFiles(string Version, string Image, string Modules)
{
    public static KernelFiles Of(UnpackedPackage package)
    {
        var version = package.Package.Name["linux-image-".Length..];
        var kernel = new KernelFiles(version, Path.Combine(package.Root, "boot", "vmlinuz-" + version), Path.Combine(package.Root, "lib", "modules", version));
        if (!File.Exists(Path.Combine(kernel.Modules, "modules.dep"))) ExternalTool.Run("depmod", ["-b", package.Root, version]);
        return kernel;
    }

    /// <summary>The kernel that runs now.</summary>
    /// <exception cref="DeviceException">This system does not keep its kernel or its modules as files.</exception>
    public static KernelFiles OfThisSystem()
    {
        var version = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        var kernel = new KernelFiles(version, "/boot/vmlinuz-" + version, "/lib/modules/" + version);
        foreach (var path in (string[])[kernel.Image, Path.Combine(kernel.Modules, "modules.dep")])
        {
            if (!File.Exists(path)) throw new DeviceException($"the running kernel {version} cannot go onto the media: {path} is missing", "Leave out --kernel host: Debian's kernel is taken then.");
        }
        return kernel;
    }
}
