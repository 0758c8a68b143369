using System.Text.RegularExpressions;
using RescueKit.Media.Tools;
using RescueKit.Model;

namespace RescueKit.Media.Packages;

/// <summary>Has apt say which packages, in which versions, belong to a list: as if nothing were installed on this machine.</summary>
internal static partial class PackageResolver
{
    /// <returns>Those named, the kernel that linux-image-amd64 stands for, and the libraries among what they depend on. Sorted by name.</returns>
    /// <exception cref="DeviceException">apt knows no such package.</exception>
    public static IReadOnlyList<DebianPackage> Resolve(IReadOnlyCollection<string> names, string workFolder)
    {
        var simulated = Simulate(names, workFolder) ?? throw new DeviceException(
            $"apt cannot find the packages of the rescue media", "Run 'apt-get update' as root; the media are made from Debian 12's packages.");
        var sections = Sections(simulated);
        return [.. simulated.Select(found => new DebianPackage(found.Name, found.Version, sections[found.Name]))
            .Where(package => names.Contains(package.Name) || package.Section is "libs" or "oldlibs" || KernelName().IsMatch(package.Name))
            .OrderBy(package => package.Name, StringComparer.Ordinal)];
    }

    public static bool IsKernel(DebianPackage package) => KernelName().IsMatch(package.Name);

    /// <summary>A machine without package lists, or with lists that are older than the archive, gets new ones where that is allowed.</summary>
    private static List<(string Name, string Version)>? Simulate(IReadOnlyCollection<string> names, string workFolder)
    {
        var nothing = Path.Combine(workFolder, "no-packages");
        File.WriteAllText(nothing, "");
        string[] arguments = ["-q", "-s", "-o", "Dir::State::status=" + nothing, "-o", "APT::Install-Recommends=false", "install", .. names];
        for (var attempt = 0; ; attempt++)
        {
            var (exitCode, output, _) = ExternalTool.Try("apt-get", arguments);
            if (exitCode == 0) return [.. Installed().Matches(output).Select(match => (match.Groups[1].Value, match.Groups[2].Value))];
            if (attempt == 1 || ExternalTool.Try("apt-get", ["-q", "update"]).ExitCode != 0) return null;
        }
    }

    private static Dictionary<string, string> Sections(IEnumerable<(string Name, string Version)> packages)
    {
        var shown = ExternalTool.Run("apt-cache", ["show", .. packages.Select(package => $"{package.Name}={package.Version}")]);
        var sections = new Dictionary<string, string>();
        foreach (var stanza in shown.Split("\n\n"))
        {
            var fields = stanza.Split('\n');
            string? Field(string name) => fields.FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..];
            if (Field("Package") is { } package) sections[package] = Field("Section") ?? "";
        }
        return sections;
    }

    [GeneratedRegex(@"^Inst (\S+) \((\S+) ", RegexOptions.Multiline)]
    private static partial Regex Installed();

    [GeneratedRegex(@"^linux-image-\d\S*-amd64$")]
    private static partial Regex KernelName();
}
