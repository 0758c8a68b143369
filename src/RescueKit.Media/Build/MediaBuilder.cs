using System.Reflection;
using System.Security.Cryptography;
using RescueKit.Media.Boot;
using RescueKit.Media.Kernel;
using RescueKit.Media.Packages;
using RescueKit.Media.Screen;
using RescueKit.Media.Tools;
using RescueKit.Media.Tree;
using RescueKit.Media.Write;
using RescueKit.Model;

namespace RescueKit.Media.Build;

/// <summary>Builds the bootable image of the rescue environment. Equal package versions and an equal executable give equal bytes.</summary>
public sealed class MediaBuilder
{
    private readonly MediaBuildRequest _request;
    private readonly Action<string> _tell;
    private readonly string _cache;

    /// <param name="tell">Gets a line at the start of each step.</param>
    public MediaBuilder(MediaBuildRequest request, Action<string> tell)
    {
        (_request, _tell) = (request, tell);
        _cache = Path.GetFullPath(request.Cache ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "rescuekit", "media"));
        if (KeyboardLayout.All.All(layout => layout.Name != request.Keyboard))
            throw new UsageException($"there is no keyboard layout {request.Keyboard}", $"Known are: {string.Join(", ", KeyboardLayout.All.Select(layout => layout.Name))}.");
        if (request.Firmware is { } firmware && !Directory.Exists(firmware)) throw new UsageException($"{firmware} is not a folder", "Name a folder laid out as /lib/firmware.");
        if (request.Run?.AsSpan().ContainsAny('"', '\n', '\\') == true)
            throw new UsageException("the command of --run may hold neither double quotation marks nor backslashes", "The kernel command line cannot carry them; quote with ' instead.");
    }

    /// <exception cref="RescueKitException">A program or package is missing or failed.</exception>
    public MediaBuilt Build()
    {
        var binary = Binary();
        Directory.CreateDirectory(_cache);
        // Beside the cache: the system's folder for temporary files may be memory.
        var work = Directory.CreateDirectory(Path.Combine(_cache, $".build-{Environment.ProcessId}")).FullName;
        try
        {
            return Build(binary, work);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private MediaBuilt Build(string binary, string work)
    {
        _tell("packages");
        string[] names = [.. Names("packages"), .. Names("boot-packages"), .. _request.HostKernel ? (string[])[] : ["linux-image-amd64"]];
        var packages = new PackageCache(_cache).Get(PackageResolver.Resolve(names, work));
        var kernel = _request.HostKernel ? KernelFiles.OfThisSystem() : KernelFiles.Of(packages.Single(package => PackageResolver.IsKernel(package.Package)));
        var date = SourceDate.For(kernel.Image);

        _tell("system");
        var tree = new SystemTree(Path.Combine(work, "system"));
        var modules = RescueSystem.Fill(tree, _request, binary, packages, kernel);

        _tell("compressing");
        var squashfs = Path.Combine(work, "system.squashfs");
        Initramfs.MakeSquashfs(tree.Root, squashfs, date);
        var systemBytes = new FileInfo(squashfs).Length;

        _tell("image");
        var iso = Path.Combine(work, "iso");
        foreach (var folder in (string[])["boot/grub", "rescuekit"]) Directory.CreateDirectory(Path.Combine(iso, folder));
        var boot = new BootPackages(packages);
        File.Copy(kernel.Image, Path.Combine(iso, "rescuekit/vmlinuz"));
        Initramfs.Make(Path.Combine(work, "initramfs"), tree.PathOf("bin/busybox"), new ModuleIndex(kernel.Modules), squashfs, Path.Combine(iso, "rescuekit/initrd"), date);
        WriteMenu(Path.Combine(iso, "boot/grub"));
        BiosLoader.MakeForDisk(boot, Path.Combine(iso, "boot/grub/eltorito.img"));
        NetworkLoaders.Make(boot, Path.Combine(iso, NetworkFolder.Source));
        var efi = Path.Combine(work, "efi.img");
        EfiPartition.Make(boot, efi, date);
        var manifest = new MediaManifest(Version, kernel.Version, date.Time, [.. packages.Select(package => new ManifestPackage(package.Package.Name, package.Package.Version))],
            [.. MediaManifest.FilesBelow(iso, ""), .. MediaManifest.FilesBelow(tree.Root, "system:")]);
        File.WriteAllText(Path.Combine(iso, MediaManifest.FileName), manifest.ToJson());
        var output = Path.Combine(work, "out.iso");
        IsoImage.Make(iso, boot, efi, output, date);
        File.Move(output, _request.Output, overwrite: true);

        using var built = File.OpenRead(_request.Output);
        return new MediaBuilt(_request.Output, built.Length, Convert.ToHexStringLower(SHA256.HashData(built)), kernel.Version, packages.Count, modules, systemBytes);
    }

    private void WriteMenu(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "grub.cfg"), Assets.Text("boot/grub.cfg"));
        File.WriteAllText(Path.Combine(folder, "settings.cfg"), MenuSettings.Settings(_request.Keyboard, _request.Run, _request.Then));
        File.WriteAllText(Path.Combine(folder, "keyboards.cfg"), MenuSettings.Keyboards(KeyboardLayout.All));
        File.WriteAllBytes(Path.Combine(folder, "stick.cfg"), MenuSettings.Stick(MenuSettings.NoStick));
    }

    private static string Version => typeof(MediaBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static IEnumerable<string> Names(string list) => WantedPackage.Read(list).Select(package => package.Name);

    /// <summary>The published executable is one file; what `dotnet build` makes needs others beside it.</summary>
    private string Binary()
    {
        var binary = _request.Binary ?? Environment.ProcessPath ?? "";
        if (!File.Exists(binary)) throw new UsageException($"{binary} does not exist", "Name the executable that scripts/publish makes with --binary.");
        if (File.Exists(binary + ".dll") || Path.GetFileName(binary) == "dotnet")
            throw new UsageException($"{binary} does not run by itself", "Build media with scripts/rescuekit, or name the executable that scripts/publish makes with --binary.");
        return binary;
    }
}
