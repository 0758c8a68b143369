using RescueKit.Media.Tools;

namespace RescueKit.Media.Packages;

/// <summary>What a list (media/packages, media/boot-packages) takes of one package.</summary>
/// <param name="Wanted">Names of programs, or paths and patterns of paths.</param>
internal sealed record WantedPackage(string Name, IReadOnlyList<string> Wanted)
{
    private static readonly string[] s_programFolders = ["bin", "sbin", "usr/bin", "usr/sbin"];

    public static IReadOnlyList<WantedPackage> Read(string list) =>
        [.. Assets.Words(list).Select(words => new WantedPackage(words[0], words[1..]))];

    /// <summary>Paths inside the unpacked package, for each of <see cref="Wanted"/>; empty where the package has no such file.</summary>
    public IEnumerable<(string Wanted, IReadOnlyList<string> Paths)> Select(IReadOnlyList<string> files)
    {
        foreach (var wanted in Wanted)
        {
            var patterns = wanted.Contains('/')
                ? new[] { PathPattern.Compile(wanted), PathPattern.Compile(wanted + "/**") }
                : [.. s_programFolders.Select(folder => PathPattern.Compile($"{folder}/{wanted}"))];
            yield return (wanted, [.. files.Where(file => patterns.Any(pattern => pattern.IsMatch(file)))]);
        }
    }
}
