using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using RescueKit.Agent.Tools;
using RescueKit.Disks.PartitionTables;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>
/// Tables and boot code of a disk as Clonezilla keeps them (ocs-functions, task_saveparts): DISK-pt.parted and DISK-pt.sf (what parted and sfdisk -d print),
/// DISK-mbr, DISK-gpt-1st (34 sectors), DISK-hidden-data-after-mbr (from sector 1), DISKn-ebr. DISK-gpt-2nd lacks its first sector where parted counts sectors as it
/// does today, and is made anew from the first.
/// </summary>
internal sealed partial class SavedTables
{
    private const int Sector = 512;
    private const int BootCode = 446;
    private const long LongestDisk = 1L << 60;

    private readonly ImportFolder _folder;
    private readonly string _disk;
    private readonly byte[]? _mbr;
    private readonly byte[]? _gpt;
    private readonly List<Entry> _entries;

    /// <exception cref="ImageException">They do not suffice, or are of a kind that cannot be used here.</exception>
    public SavedTables(ImportFolder folder, string disk)
    {
        (_folder, _disk) = (folder, disk);
        _mbr = folder.Read($"{disk}-mbr");
        _gpt = folder.Read($"{disk}-gpt-1st");
        _entries = [.. folder.Lines(Script).Select(line => EntryLine().Match(line)).Where(match => match.Success).Select(match => new Entry(match, disk))];
        if (_mbr is { Length: < Sector } || _gpt is { Length: < 2 * Sector }) throw Damaged($"{disk}-mbr or {disk}-gpt-1st has been cut short");
        Length = LengthOf(folder.Lines($"{disk}-pt.parted"));
    }

    /// <summary>Whether the folder has any of the disk. Of a disk with a file system and no table it has what lies in the place of an MBR.</summary>
    public static bool Exist(ImportFolder folder, string disk) => folder.Read($"{disk}-gpt-1st") is not null || folder.Read($"{disk}-pt.sf") is not null
        || (folder.Read($"{disk}-mbr") is not null && SavedVolume.Find(folder, disk) is null);

    /// <summary>Of the disk, bytes.</summary>
    public long Length { get; }

    private string Script => $"{_disk}-pt.sf";

    /// <summary>Writes them where they belong.</summary>
    /// <param name="path">The target's.</param>
    /// <exception cref="ImageDamagedException">They contradict each other.</exception>
    public DiskLayout Write(IBlockTarget target, string path)
    {
        var layout = _gpt is { } gpt ? WriteGpt(target, gpt) : WriteMbr(target, path);
        foreach (var entry in _entries.Where(entry => !entry.IsExtended && entry.Extent.Length > 0))
        {
            if (!layout.Partitions.Any(partition => partition.Number == entry.Number && partition.Extent == entry.Extent))
                throw Damaged($"{Script} has a partition {entry.Number} at {entry.Extent.Offset} of {entry.Extent.Length} bytes, which the saved table does not have");
        }
        return layout;
    }

    private DiskLayout WriteGpt(IBlockTarget target, byte[] gpt)
    {
        Put(target, 0, gpt, $"{_disk}-gpt-1st");
        var layout = PartitionTableReader.Read(target);
        if (layout.Kind != PartitionTableKind.Gpt) throw Damaged($"{_disk}-gpt-1st holds no sound GPT");
        foreach (var patch in GptRelocation.Patches(target, layout, target.Length)) Put(target, patch.Offset, patch.Bytes.Span, "the backup of the GPT");
        return PartitionTableReader.Read(target);
    }

    private DiskLayout WriteMbr(IBlockTarget target, string path)
    {
        if (_folder.Lines(Script).Contains("label: gpt")) throw Damaged($"{_disk}-gpt-1st is missing");
        if (_mbr is null || _entries.Exists(entry => entry.IsExtended)) RunScript(path);
        if (_mbr is { } mbr) Put(target, 0, mbr.AsSpan(0, Sector), $"{_disk}-mbr");
        foreach (var extended in _entries.Where(entry => entry.IsExtended))
        {
            var name = $"{_disk}{Separator(_disk)}{extended.Number}-ebr";
            if (_folder.Read(name) is { Length: >= Sector } boot) Put(target, extended.Extent.Offset, boot.AsSpan(0, BootCode), name);
        }
        var layout = PartitionTableReader.Read(target);
        if (layout.Partitions.Count == 0 || layout.Kind == PartitionTableKind.None)
            throw new ImageUnsupportedException($"the table of {_disk} in {_folder.FullPath} is none that is known here (MBR, GPT), or has no partitions", "restore it by Clonezilla, and take the image of the disk");
        if (_folder.Read($"{_disk}-hidden-data-after-mbr") is { } hidden)
        {
            if (Sector + hidden.Length > layout.Partitions.Min(partition => partition.Extent.Offset)) throw Damaged($"{_disk}-hidden-data-after-mbr is longer than the room before the first partition");
            Put(target, Sector, hidden, $"{_disk}-hidden-data-after-mbr");
        }
        return layout;
    }

    /// <summary>The chain of logical partitions is kept as a script of sfdisk(8) alone.</summary>
    private void RunScript(string path)
    {
        if (_folder.Read(Script) is not { } script) throw Damaged($"neither {_disk}-mbr nor {Script} is there");
        var outcome = _folder.Tools.Run(new ToolCall("sfdisk", "--force", "--no-reread", "--no-tell-kernel", "--wipe", "never", "--wipe-partitions", "never", path) { Input = script });
        if (outcome.ExitCode != 0) throw Damaged($"sfdisk makes no table of {Script}: {outcome.Complaint}");
    }

    /// <summary>What stands between a disk's name and a partition's number: nvme0n1p1, but sda1.</summary>
    public static string Separator(string disk) => char.IsAsciiDigit(disk[^1]) ? "p" : "";

    private long LengthOf(IReadOnlyList<string> parted)
    {
        if (parted.Select(line => SectorSizeLine().Match(line)).FirstOrDefault(match => match.Success) is { } size && size.Groups[1].Value != $"{Sector}")
            throw new ImageUnsupportedException($"{_disk} in {_folder.FullPath} has sectors of {size.Groups[1].Value} bytes, of which Clonezilla does not keep the whole table", "restore it by Clonezilla, and take the image of the disk");
        var sectors = parted.Select(line => DiskLine().Match(line)).FirstOrDefault(match => match.Success) is { } said ? Number(said.Groups[1].Value)
            : _gpt is { } gpt ? BinaryPrimitives.ReadInt64LittleEndian(gpt.AsSpan(Sector + 32)) + 1 // UEFI specification, table 5.5: AlternateLBA
            : _entries.Count > 0 ? _entries.Max(entry => entry.Extent.End) / Sector
            : throw Damaged($"how large {_disk} was cannot be told without {_disk}-pt.parted");
        return sectors is > 0 and <= LongestDisk / Sector ? sectors * Sector : throw Damaged($"the length of {_disk} makes no sense: {sectors} sectors");
    }

    private void Put(IBlockTarget target, long offset, ReadOnlySpan<byte> bytes, string name)
    {
        if (offset > target.Length - bytes.Length) throw Damaged($"{name} does not lie inside the disk, which has {target.Length} bytes");
        target.Write(offset, bytes);
    }

    private ImageDamagedException Damaged(string what) => new($"{_folder.FullPath}: {what}", "copy the folder again from where it came");

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;

    [GeneratedRegex(@"^Disk /\S+:\s*(\d+)s\s*$")]
    private static partial Regex DiskLine();

    [GeneratedRegex(@"^Sector size \(logical/physical\): (\d+)B")]
    private static partial Regex SectorSizeLine();

    [GeneratedRegex(@"^/dev/(?<node>\S+?)(?<number>\d+)\s*:\s*start=\s*(?<start>\d+),\s*size=\s*(?<size>\d+)(,\s*(type|Id)=\s*(?<type>[0-9A-Fa-f-]+))?")]
    private static partial Regex EntryLine();

    private sealed class Entry
    {
        private static readonly string[] s_extended = ["5", "05", "f", "0f", "85"];

        public Entry(Match match, string disk)
        {
            Number = int.TryParse(match.Groups["number"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
            var (start, size) = (SavedTables.Number(match.Groups["start"].Value), SavedTables.Number(match.Groups["size"].Value));
            if (start > LongestDisk / Sector || size > LongestDisk / Sector) throw new ImageDamagedException($"partition {Number} of {disk} lies where no disk reaches to");
            Extent = new Extent(start * Sector, size * Sector);
            IsExtended = s_extended.Contains(match.Groups["type"].Value, StringComparer.OrdinalIgnoreCase);
        }

        public int Number { get; }
        public Extent Extent { get; }
        public bool IsExtended { get; }
    }
}
