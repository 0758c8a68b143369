using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>What a person names to have it imported: Clonezilla's folder, one disk of it, or a partclone image.</summary>
/// <param name="Disk">As Clonezilla calls it (sda); null where none is named.</param>
/// <param name="File">The partclone image in the folder, or the first of its pieces; null where the folder is meant.</param>
public sealed record ImportSource(string Folder, string? Disk, string? File)
{
    private static readonly string[] s_signs = ["ptcl-img", ".ptcl", ".pcl", ".partclone"];

    /// <returns>Null where a disk is named, or nothing that is there.</returns>
    public static ImportSource? Parse(string source)
    {
        if (Directory.Exists(source)) return new ImportSource(source, null, null);
        if (System.IO.File.Exists(source))
            return SaysSo(source) ? new ImportSource(Path.GetDirectoryName(Path.GetFullPath(source))!, null, Path.GetFileName(source)) : null;
        var colon = source.LastIndexOf(':');
        return colon > 0 && Directory.Exists(source[..colon]) ? new ImportSource(source[..colon], source[(colon + 1)..], null) : null;
    }

    /// <summary>
    /// A sentence on a file that begins as a partclone image while its name does not say so, and which is taken as a raw disk: such a disk may begin with
    /// anything. Null for others.
    /// </summary>
    public static string? Doubt(string path)
    {
        if (!System.IO.File.Exists(path) || SaysSo(path)) return null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var first = new byte[PartcloneHeader.Length];
            return PartcloneHeader.Begins(first.AsSpan(0, file.ReadAtLeast(first, first.Length, throwOnEndOfStream: false)))
                ? $"{path} begins as a partclone image, and is taken as a raw disk, since its name does not say so: for what is in it, give it a name with 'ptcl-img'."
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // opening it as a disk says what is wrong
        }
    }

    private static bool SaysSo(string path) => Array.Exists(s_signs, sign => Path.GetFileName(path).Contains(sign, StringComparison.OrdinalIgnoreCase));
}
