using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using RescueKit.Media.Tools;

namespace RescueKit.Media.Build;

/// <summary>What is on the media: media-manifest.json in the ISO's root.</summary>
/// <param name="Kernel">As `uname -r` prints it.</param>
/// <param name="Date">That all files bear.</param>
/// <param name="Files">Of the ISO (as it lies there) and of the system in memory (below "system:").</param>
internal sealed record MediaManifest(string Version, string Kernel, DateTimeOffset Date, IReadOnlyList<ManifestPackage> Packages, IReadOnlyList<ManifestFile> Files)
{
    public const string FileName = "media-manifest.json";

    public static IEnumerable<ManifestFile> FilesBelow(string root, string prefix)
    {
        foreach (var file in FolderWalk.Files(root))
        {
            var path = new FileInfo(Path.Combine(root, file));
            if (path.LinkTarget is not null) continue;
            using var content = path.OpenRead();
            yield return new ManifestFile(prefix + file, path.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, MediaJson.Default.MediaManifest) + "\n";
}

internal sealed record ManifestPackage(string Name, string Version);

internal sealed record ManifestFile(string Path, long Length, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(MediaManifest))]
internal sealed partial class MediaJson : JsonSerializerContext;
