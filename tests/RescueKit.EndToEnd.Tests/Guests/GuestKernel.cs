using System.Text.RegularExpressions;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Guests;

/// <summary>
/// Debian's own kernel and its modules, as a rescue system would run them: what the package linux-image-amd64 depends on, downloaded and
/// unpacked once below artifacts/guests, never installed.
/// </summary>
internal sealed partial class GuestKernel
{
    private static readonly Lazy<GuestKernel> s_current = new(Prepare);
    private readonly string _folder;

    private GuestKernel(string folder, string version)
    {
        _folder = folder;
        Version = version;
    }

    /// <summary>The one that all guests of this run boot.</summary>
    public static GuestKernel Current => s_current.Value;

    /// <summary>As `uname -r` prints it.</summary>
    public string Version { get; }
    public string Image => Path.Combine(_folder, "boot", "vmlinuz-" + Version);

    /// <summary>Module files with their options, each after all that it needs, soft dependencies included.</summary>
    public IReadOnlyList<(string File, string Options)> Modules(IEnumerable<string> names)
    {
        var lines = names.SelectMany(name => Tool.Must("modprobe", "-d", _folder, "-S", Version, "--show-depends", name)
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        return [.. lines.Where(line => line.StartsWith("insmod ", StringComparison.Ordinal)).Select(line => line.Split(' ', 3, StringSplitOptions.TrimEntries))
            .Select(words => (words[1], words.Length > 2 ? words[2] : "")).DistinctBy(module => module.Item1)];
    }

    private static GuestKernel Prepare()
    {
        var version = WantedVersion();
        var folder = Path.Combine(GuestPaths.Cache, "kernel-" + version);
        if (!Directory.Exists(folder)) Unpack(version, folder);
        return new GuestKernel(folder, version);
    }

    /// <summary>A fresh machine has no package lists, and lists that are there may be older than the archive.</summary>
    private static string WantedVersion()
    {
        if (Dependency() is { } known) return known;
        Tool.Must("apt-get", "-q", "update");
        return Dependency() ?? throw new ToolFailedException("apt-cache knows no linux-image-amd64: the guests need Debian's kernel");

        static string? Dependency() => Tool.Run("apt-cache", "depends", "linux-image-amd64") is { Ok: true } found
            && ImagePackage().Match(found.Output) is { Success: true } match ? match.Groups[1].Value : null;
    }

    /// <summary>Another test run may do the same meanwhile: who is first is used by both.</summary>
    private static void Unpack(string version, string folder)
    {
        var fresh = Directory.CreateDirectory($"{folder}.{Environment.ProcessId}").FullName;
        var download = new ToolRequest("apt-get", ["-q", "download", "linux-image-" + version]) { WorkingFolder = fresh };
        if (!Tool.Run(download).Ok)
        {
            Tool.Must("apt-get", "-q", "update");
            Tool.Must(download);
        }
        var package = Directory.GetFiles(fresh, "*.deb").Single();
        Tool.Must("dpkg", "-x", package, fresh);
        File.Delete(package);
        Tool.Must("depmod", "-b", fresh, version);
        try
        {
            Directory.Move(fresh, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(fresh, recursive: true);
        }
    }

    [GeneratedRegex(@"Depends: linux-image-(\d\S*-amd64)\b")]
    private static partial Regex ImagePackage();
}
