using RescueKit.Media.Tools;

namespace RescueKit.Media.Packages;

/// <summary>A package in one version.</summary>
/// <param name="Version">As Debian writes it, with its epoch.</param>
/// <param name="Section">"libs", "admin", …</param>
internal sealed record DebianPackage(string Name, string Version, string Section)
{
    /// <summary>Name of its folder in the cache.</summary>
    public string Folder => $"{Name}_{Version.Replace(":", "%3a", StringComparison.Ordinal)}";
}

/// <summary>A package whose files lie in a folder.</summary>
internal sealed record UnpackedPackage(DebianPackage Package, string Root)
{
    /// <summary>Files and symbolic links, relative to <see cref="Root"/>, sorted.</summary>
    public IReadOnlyList<string> Files { get; } = FolderWalk.Files(Root);
}
