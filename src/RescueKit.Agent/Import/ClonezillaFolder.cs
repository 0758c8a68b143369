using System.Text.RegularExpressions;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>
/// A folder as Clonezilla lays it out: for each disk its tables, for each partition an image. Source: Clonezilla's ocs-functions; the files "disk" and "parts" name
/// what was saved.
/// </summary>
internal sealed partial class ClonezillaFolder
{
    private const string ByClonezilla = "restore it by Clonezilla onto a disk (a virtual machine's will do), and take the image of that";

    private readonly ImportFolder _folder;
    private readonly HashSet<string> _parts;

    /// <exception cref="UsageException">It is no such folder.</exception>
    /// <exception cref="ImageUnsupportedException">It is encrypted.</exception>
    public ClonezillaFolder(ImportFolder folder)
    {
        _folder = folder;
        if (folder.Names.Contains("ecryptfs.info"))
            throw new ImageUnsupportedException($"{folder.FullPath} is encrypted by Clonezilla (eCryptfs)", "mount it with its passphrase, copy what is then in it to another folder, and name that one");
        var tables = folder.Names.Select(name => TableFile().Match(name)).Where(match => match.Success).Select(match => match.Groups[1].Value);
        _parts = [.. folder.Words("parts").Select(FileName)];
        var disks = folder.Words("disk").Select(FileName).Concat(tables).ToHashSet();
        // A disk with a file system and no table is a part without a disk.
        Disks = [.. disks.Concat(_parts.Where(part => !disks.Any(disk => IsPartOf(part, disk)) && SavedVolume.Find(folder, part) is not null)).Where(name => Plain().IsMatch(name)).Distinct().Order(StringComparer.Ordinal)];
        if (Disks.Count == 0) throw new UsageException($"{folder.FullPath} is a folder, and none of Clonezilla's: it has no saved disk", "name a disk, a disk file, a folder of Clonezilla or a partclone image");
    }

    public IReadOnlyList<string> Disks { get; }

    /// <summary>When it was made, in Clonezilla's words; null where it does not say.</summary>
    public string? Made => MadeLine().Match(_folder.Beginning("clonezilla-img")) is { Success: true } made ? made.Groups[1].Value : null;

    /// <summary>The one that is meant.</summary>
    /// <exception cref="UsageException">It is not clear which, or there is none of that name.</exception>
    public string Choose(string? wanted)
    {
        if (wanted is null && Disks.Count == 1) return Disks[0];
        if (wanted is not null && Disks.Contains(FileName(wanted))) return FileName(wanted);
        throw new UsageException(wanted is null ? $"{_folder.FullPath} has {Disks.Count} disks" : $"{_folder.FullPath} has no disk {wanted}",
            $"name one of them: {string.Join(", ", Disks.Select(disk => $"{_folder.FullPath}:{disk}"))}");
    }

    /// <exception cref="ImageUnsupportedException">What is on the disk lies in volumes that were saved on their own.</exception>
    public void MustHavePartitionsOnly(string disk)
    {
        foreach (var (list, kind) in ((string, string)[])[("lvm_vg_dev.list", "LVM"), ("luks-dev.list", "LUKS")])
        {
            if (_folder.Words(list).Any(word => word.StartsWith("/dev/", StringComparison.Ordinal) && FileName(word["/dev/".Length..]) is var device && (device == disk || IsPartOf(device, disk))))
                throw new ImageUnsupportedException($"{disk} in {_folder.FullPath} has {kind} volumes ({list}), which Clonezilla saves on their own: they are not imported", ByClonezilla);
        }
    }

    /// <summary>What there is of a partition.</summary>
    /// <returns>Null where Clonezilla was not told to save it, or does not (an extended partition).</returns>
    /// <exception cref="ImageDamagedException">It was saved, and is missing.</exception>
    public SavedVolume? Find(string disk, int number)
    {
        var device = $"{disk}{SavedTables.Separator(disk)}{number}";
        var volume = SavedVolume.Find(_folder, device);
        return volume is not null || !_parts.Contains(device)
            ? volume
            : throw new ImageDamagedException($"{_folder.FullPath} has no image of {device}, which was saved", "copy the folder again from where it came; or leave the partition out, by --partition");
    }

    private static bool IsPartOf(string part, string disk) => part.StartsWith(disk, StringComparison.Ordinal) && PartNumber().IsMatch(part.AsSpan(disk.Length));

    /// <summary>Devices of some drivers have a folder of their own (cciss/c0d0); Clonezilla puts '-' for '/'.</summary>
    private static string FileName(string device) => device.Replace('/', '-');

    [GeneratedRegex(@"^(.+)-(pt\.sf|pt\.parted|gpt-1st)$")]
    private static partial Regex TableFile();

    [GeneratedRegex(@"^p?\d+$")]
    private static partial Regex PartNumber();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
    private static partial Regex Plain();

    [GeneratedRegex(@"^This image was saved by Clonezilla at ([0-9A-Za-z:+ -]{1,40})\.")]
    private static partial Regex MadeLine();
}
