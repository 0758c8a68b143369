using System.Diagnostics;
using RescueKit.Media.Tools;
using RescueKit.Model;

namespace RescueKit.Media.Packages;

/// <summary>Packages, downloaded with apt and unpacked, by name and version. They are never installed on this machine.</summary>
internal sealed class PackageCache
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(30);
    private readonly string _folder;

    public PackageCache(string folder) => _folder = Directory.CreateDirectory(Path.Combine(folder, "packages")).FullName;

    /// <summary>All of them, unpacked; what is not there yet is downloaded.</summary>
    public IReadOnlyList<UnpackedPackage> Get(IReadOnlyList<DebianPackage> packages)
    {
        using (Turn())
        {
            var missing = packages.Where(package => !Directory.Exists(PathOf(package))).ToList();
            if (missing.Count > 0) Download(missing);
        }
        return [.. packages.Select(package => new UnpackedPackage(package, PathOf(package)))];
    }

    private string PathOf(DebianPackage package) => Path.Combine(_folder, package.Folder);

    /// <summary>One build at a time fills the folder; others wait, and find what it has brought.</summary>
    private FileStream Turn()
    {
        for (var start = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return new FileStream(Path.Combine(_folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(start) < s_patience)
            {
                Thread.Sleep(200);
            }
        }
    }

    private void Download(List<DebianPackage> packages)
    {
        var downloads = Directory.CreateDirectory(Path.Combine(_folder, ".download")).FullName;
        try
        {
            // As root, apt would hand the download to a user who may not write here.
            ExternalTool.Run("apt-get", ["-q", "-o", "APT::Sandbox::User=root", "download", .. packages.Select(package => $"{package.Name}={package.Version}")],
                new ToolSetting { WorkingFolder = downloads });
            var files = Directory.GetFiles(downloads, "*.deb").ToDictionary(file => NameOf(file), StringComparer.Ordinal);
            foreach (var package in packages)
            {
                if (!files.TryGetValue(package.Folder, out var file)) throw new DeviceException($"apt-get did not download {package.Name} {package.Version}");
                Unpack(file, PathOf(package));
            }
        }
        finally
        {
            Directory.Delete(downloads, recursive: true);
        }
    }

    /// <summary>Name and version of NAME_VERSION_ARCHITECTURE.deb.</summary>
    private static string NameOf(string file)
    {
        var name = Path.GetFileName(file);
        return name[..name.LastIndexOf('_')];
    }

    private static void Unpack(string file, string folder)
    {
        var fresh = folder + ".new";
        if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        ExternalTool.Run("dpkg-deb", ["-x", file, fresh]);
        File.Delete(file);
        Directory.Move(fresh, folder);
    }
}
