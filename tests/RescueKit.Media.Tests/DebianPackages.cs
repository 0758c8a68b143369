using RescueKit.Media.Kernel;
using RescueKit.Media.Packages;
using RescueKit.Testing.Tools;

namespace RescueKit.Media.Tests;

/// <summary>Packages as `media build` takes them, downloaded once below artifacts/media.</summary>
public sealed class DebianPackages : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Lazy<KernelFiles> _kernel;
    private readonly Lazy<UnpackedPackage> _unifont;

    public DebianPackages()
    {
        _kernel = new Lazy<KernelFiles>(() => KernelFiles.Of(Get("linux-image-amd64", PackageResolver.IsKernel)));
        _unifont = new Lazy<UnpackedPackage>(() => Get("unifont", package => package.Name == "unifont"));
    }

    internal KernelFiles Kernel => _kernel.Value;
    internal UnpackedPackage Unifont => _unifont.Value;

    public void Dispose() => _folder.Dispose();

    private UnpackedPackage Get(string name, Func<DebianPackage, bool> wanted) =>
        new PackageCache(Path.Combine(Repository, "artifacts", "media")).Get([PackageResolver.Resolve([name], _folder.FullPath).Single(wanted)]).Single();

    private static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "RescueKit.sln"))) folder = folder.Parent;
            return folder.FullName;
        }
    }
}
