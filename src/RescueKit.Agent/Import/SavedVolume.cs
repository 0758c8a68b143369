using System.Text.RegularExpressions;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>What a folder has of one partition.</summary>
/// <param name="Device">As Clonezilla calls it: sda1.</param>
/// <param name="Parts">Its image; null for swap, of which only the ids are kept.</param>
/// <param name="IsRaw">All of its bytes, as dd reads them, and no partclone image.</param>
internal sealed partial record SavedVolume(string Device, ImageParts? Parts, bool IsRaw)
{
    /// <summary>Where its ids are kept.</summary>
    public string SwapFile => $"swappt-{Device}.info";

    /// <summary>By the names that Clonezilla gives to files (ocs-functions, save_part_by_*).</summary>
    /// <returns>Null where there is nothing of it.</returns>
    /// <exception cref="ImageException">There is something that cannot be used.</exception>
    public static SavedVolume? Find(ImportFolder folder, string device)
    {
        var names = folder.Names.Where(name => name.StartsWith(device + ".", StringComparison.Ordinal)).Select(name => Image().Match(name, device.Length)).Where(match => match.Success)
            .Select(match => (Name: device + match.Groups["name"].Value, Kind: match.Groups["kind"].Value)).Distinct().ToList();
        switch (names)
        {
            case [var (name, kind)]:
                if (kind is not ("dd-img" or "dd-ptcl-img") && !kind.EndsWith("-ptcl-img", StringComparison.Ordinal)) throw Unsupported(folder, name, kind == "ntfs-img" ? "ntfsclone" : "another program, or an old partclone");
                return new SavedVolume(device, ImageParts.Find(folder, name), kind is "dd-img" or "dd-ptcl-img");
            case [var (one, _), var (other, _), ..]:
                throw new ImageDamagedException($"{folder.FullPath} has several images of {device}: {one} and {other}", "leave in the folder only the one that is meant");
        }
        if (folder.Names.FirstOrDefault(name => Old().IsMatch(name) && name.StartsWith(device + ".", StringComparison.Ordinal) && name.LastIndexOf('.') == device.Length) is { } old) throw Unsupported(folder, old, "partimage");
        return folder.Names.Contains($"swappt-{device}.info") ? new SavedVolume(device, null, IsRaw: false) : null;
    }

    private static ImageUnsupportedException Unsupported(ImportFolder folder, string name, string program) => new(
        $"{folder.PathOf(name)} is an image of {program}, which is not imported", "restore the folder by Clonezilla onto a disk (a virtual machine's will do), and take the image of that");

    /// <summary>.ext4-ptcl-img.gz.aa, .dd-img.aa, .ntfs-img: what it is, how it is packed, and which piece it is.</summary>
    [GeneratedRegex(@"\G(?<name>\.(?<kind>[A-Za-z0-9+_]+(-ptcl)?-img)(\.(gz|bz2|lzo|lzma|xz|lz4|lz|lrz|zst|uncomp))?)(\.[a-z]{2,3})?$")]
    private static partial Regex Image();

    [GeneratedRegex(@"\.(0\d\d|aa|aaa)$")]
    private static partial Regex Old();
}
