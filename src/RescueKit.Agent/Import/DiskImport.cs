using RescueKit.Agent.Tools;
using RescueKit.Disks;
using RescueKit.Disks.Stores;
using RescueKit.Engine;
using RescueKit.Engine.Pipelines;
using RescueKit.Engine.Texts;
using RescueKit.Model;

namespace RescueKit.Agent.Import;

/// <summary>
/// A disk out of Clonezilla's folder, or out of a partclone image. It is unpacked by the programs that packed it, into a sparse file that lives as long
/// as it is needed. What it comes from is only read.
/// </summary>
public sealed class DiskImport : IDisposable
{
    private const int BufferLength = 1 << 20;

    /// <summary>Of a swap area, bytes: all that mkswap writes lies in its first page, 64 KiB at most.</summary>
    private const int SwapHeader = 64 << 10;

    private const int Sector = 512;

    /// <summary>Behind the image's name, for the file that the disk is unpacked into.</summary>
    private const string Unpacked = ".unpacked";

    private readonly ImportFolder _folder;
    private readonly CancellationToken _cancel;
    private readonly List<(SavedVolume Volume, Partition Partition, PartcloneHeader? Header)> _volumes = [];
    private readonly List<string> _notes = [];
    private readonly string _path;
    private readonly string _kind;
    private readonly IBlockTarget _target;
    private readonly IReadOnlyList<int> _wanted;
    private bool _isDone;

    /// <summary>Looks into it, and writes the disk's tables into the file.</summary>
    /// <param name="image">That is going to be made of it.</param>
    /// <param name="scratch">The folder to unpack into; null for the image's own.</param>
    /// <param name="partitions">Of which partitions the content is wanted; empty for all.</param>
    /// <exception cref="UsageException">It is not clear what is meant.</exception>
    /// <exception cref="ImageException">It is damaged, not all there, or cannot be used.</exception>
    /// <exception cref="SafetyException">Something would be written into the folder, or over a file.</exception>
    public DiskImport(ImportSource source, string image, string? scratch, IReadOnlyList<int> partitions, IToolStreams tools, CancellationToken cancel)
    {
        (_wanted, _cancel) = (partitions, cancel);
        var into = Path.GetFullPath(scratch ?? Path.GetDirectoryName(Path.GetFullPath(image))!);
        if (!Directory.Exists(into)) throw new UsageException($"there is no folder {into}", "make it first");
        _path = Path.Combine(into, Path.GetFileName(image) + Unpacked);
        if (Path.Exists(_path)) throw new SafetyException($"{_path} is there: another import is under way, or was cut off", "wait for it, or remove the file");
        if (!tools.Has("partclone.restore")) throw new DeviceException("the program partclone.restore is not on this system", "install it: apt install partclone");
        _folder = new ImportFolder(source.Folder, tools);
        if (source.File is null)
        {
            MustLieElsewhere(_path, _folder.FullPath);
            MustLieElsewhere(image, _folder.FullPath);
        }
        var parts = source.File is { } file ? ImageParts.Of(_folder, file) : null;
        var folder = parts is null ? new ClonezillaFolder(_folder) : null;
        var disk = folder?.Choose(source.Disk) ?? parts!.Name;
        folder?.MustHavePartitionsOnly(disk);
        (Name, _kind) = parts is null ? ($"{_folder.FullPath}:{disk}", "Clonezilla image") : (_folder.PathOf(parts.Name), "partclone image");
        if (parts is null && SavedTables.Exist(_folder, disk))
        {
            var tables = new SavedTables(_folder, disk);
            _target = BlockDevices.CreateTarget(_path, tables.Length);
            Guarded(() => FindVolumes(folder!, disk, tables.Write(_target, _path)));
        }
        else
        {
            var volume = parts is null ? SavedVolume.Find(_folder, disk) : new SavedVolume(parts.Name, parts, IsRaw: false);
            var header = HeaderOf(volume?.Parts) ?? throw NoTable(disk, volume);
            // In whole sectors, as disks have them.
            var length = (header.DeviceLength + Sector - 1) / Sector * Sector;
            _volumes.Add((volume!, new Partition(0, new Extent(0, length), "none"), header));
            _target = BlockDevices.CreateTarget(_path, length);
        }
        Guarded(() =>
        {
            SpaceNeeded = _volumes.Sum(v => v.Header?.UsedBytes ?? (v.Volume.Parts is null ? SwapHeader : v.Partition.Extent.Length));
            PackedBytes = _volumes.Sum(v => v.Volume.Parts?.Files.Sum(name => new FileInfo(_folder.PathOf(name)).Length) ?? 0);
            Describe(folder, disk);
            if (SpaceFree is { } free && free < SpaceNeeded)
                throw new NoSpaceException($"{Scratch} has {Units.Size(free)} free, and {Name} takes {Units.Size(SpaceNeeded)} unpacked", "make room, or name a folder with more, by --scratch");
        });
    }

    /// <summary>What to call it.</summary>
    public string Name { get; }

    /// <summary>The partitions whose content it has; empty where it is all of them.</summary>
    public IReadOnlyList<int> Partitions { get; private set; } = [];

    /// <summary>What there is to say of it, a sentence each.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Of the disk, bytes.</summary>
    public long Length => _target.Length;

    /// <summary>Bytes of the volumes, packed as they are.</summary>
    public long PackedBytes { get; private set; }

    /// <summary>Bytes that the file takes at most, once all is in it.</summary>
    public long SpaceNeeded { get; private set; }

    /// <summary>The folder that it is unpacked into.</summary>
    public string Scratch => Path.GetDirectoryName(_path)!;

    /// <summary>In that folder, bytes; null where it cannot be told.</summary>
    public long? SpaceFree => new FolderStore(Scratch).FreeBytes;

    /// <summary>Unpacks it.</summary>
    /// <returns>The disk; the file goes when it is disposed of.</returns>
    /// <exception cref="ImageDamagedException">Something is not what it was when it was saved.</exception>
    public IBlockSource Unpack(Action<RunProgress>? report)
    {
        using (var meter = new ProgressMeter(TimeProvider.System, report, _ => null))
        {
            meter.Begin("unpacking", PackedBytes);
            foreach (var (volume, partition, _) in _volumes)
            {
                if (volume.Parts is null) MakeSwap(volume, partition.Extent);
                else Restore(volume.Parts, volume.IsRaw, partition.Extent, read => meter.Add(read, -1));
            }
            meter.End();
        }
        _target.Dispose();
        if (new FileInfo(_path).Length != Length) throw new ImageDamagedException($"{Name} has content past the end of the disk");
        var disk = new ImportedDisk(_path, Name, _kind);
        _isDone = true;
        return disk;
    }

    /// <summary>Takes the file away where it has not become a disk.</summary>
    public void Dispose()
    {
        if (_isDone) return;
        _target.Dispose();
        File.Delete(_path);
    }

    private void FindVolumes(ClonezillaFolder folder, string disk, DiskLayout layout)
    {
        if (_wanted.Except(layout.Partitions.Select(partition => partition.Number)).ToList() is [var none, ..]) throw new UsageException($"{Name} has no partition {none}");
        var missing = new List<int>();
        foreach (var partition in layout.Partitions.Where(partition => _wanted.Count == 0 || _wanted.Contains(partition.Number)))
        {
            if (folder.Find(disk, partition.Number) is not { } volume) missing.Add(partition.Number);
            else _volumes.Add((volume, partition, HeaderOf(volume.Parts)));
        }
        foreach (var (volume, partition, header) in _volumes.Where(v => v.Volume.Parts is not null)) MustFit(volume, partition, header);
        if (missing.Count > 0 && _wanted.Count > 0) throw new UsageException($"{Name} has no content of partition {missing[0]}", "leave it out");
        if (_volumes.Count == 0) throw new ImageDamagedException($"{_folder.FullPath} has no image of any partition of {disk}", "copy the folder again from where it came");
        if (missing.Count == 0) return;
        Partitions = [.. _volumes.Select(v => v.Partition.Number)];
        _notes.Add($"Clonezilla did not save the content of {(missing.Count == 1 ? "partition" : "partitions")} {string.Join(", ", missing)}, which the image leaves out.");
    }

    private void MustFit(SavedVolume volume, Partition partition, PartcloneHeader? header)
    {
        var name = _folder.PathOf(volume.Parts!.Name);
        if (header is null && !volume.IsRaw) throw new ImageDamagedException($"{name} is no partclone image", "copy it again from where it came");
        // A partition need not be a whole number of blocks.
        if (header is not null && (header.DeviceLength > partition.Extent.Length || header.TotalBlocks * header.BlockSize - header.BlockSize >= partition.Extent.Length))
            throw new ImageDamagedException($"{name} holds {header.DeviceLength} bytes, and its partition {partition.Number} has {partition.Extent.Length}", "see whether the folder's files belong together");
    }

    private PartcloneHeader? HeaderOf(ImageParts? parts)
    {
        if (parts is null) return null;
        using var image = new UnpackedImage(_folder, parts, whole: false, null, _cancel);
        var first = new byte[PartcloneHeader.Length];
        return PartcloneHeader.Parse(first.AsSpan(0, image.Fill(first)), _folder.PathOf(parts.Name));
    }

    private void Describe(ClonezillaFolder? folder, string disk)
    {
        _notes.Insert(0, folder is null ? $"Imported from the partclone image {Name}." : $"Imported from Clonezilla's folder {_folder.FullPath}, disk {disk}{(folder.Made is { } made ? $", saved at {made}" : "")}.");
        var lists = _folder.Sums.Lists.ToList();
        if (lists.Count > 0) _notes.Add($"The files that were used are as {string.Join(" and ", lists)} say, where these name them.");
        foreach (var (volume, _, header) in _volumes)
        {
            if (volume.Parts is null) _notes.Add($"The swap area {volume.Device} was made anew, {(SwapIds(volume).Contains("-U") ? "with the ids that it had" : "with new ids: Clonezilla has kept none")}.");
            else if (header is { HasChecksums: false }) _notes.Add($"The partclone image of {volume.Device} has no checksums of all of its bytes ({(header.Format == 1 ? "format 0001" : "it was made so")}): damage shows only by how it is packed, and by the folder's own sums.");
        }
    }

    private void Restore(ImageParts parts, bool isRaw, Extent place, Action<int> passed)
    {
        using var image = new UnpackedImage(_folder, parts, whole: true, passed, _cancel);
        var first = new byte[PartcloneHeader.Length];
        first = first[..image.Fill(first)];
        if (PartcloneHeader.Begins(first)) ByPartclone(image, first, place, _folder.PathOf(parts.Name));
        else if (isRaw) Copy(image, first, place, _folder.PathOf(parts.Name));
        else throw new ImageDamagedException($"{_folder.PathOf(parts.Name)} is no partclone image", "copy it again from where it came");
    }

    private void ByPartclone(UnpackedImage image, byte[] first, Extent place, string name)
    {
        using var tool = _folder.Tools.Open(new ToolCall("partclone.restore", "-s", "-", "-O", _path, "-E", $"{place.Offset}", "-C", "-q", "-L", "/dev/null") { Cancel = _cancel });
        try
        {
            tool.Input.Write(first);
            var buffer = new byte[BufferLength];
            for (int read; (read = image.Read(buffer)) > 0;) tool.Input.Write(buffer.AsSpan(0, read));
        }
        catch (IOException)
        {
            // It has read all that it needs, or failed.
            if (tool.End() is { ExitCode: not 0 } early) throw Failed(early, name);
        }
        image.End();
        if (tool.End() is { ExitCode: not 0 } outcome) throw Failed(outcome, name);
        NtfsBoot.MakeSecond(new BlockSourceSlice(_target, place, name), (offset, sector) => _target.Write(place.Offset + offset, sector));
    }

    private RescueKitException Failed(ToolOutcome outcome, string name)
    {
        var complaint = outcome.Complaint;
        if (complaint.Contains("No space left", StringComparison.Ordinal))
            return new NoSpaceException($"{Scratch} is full: {Name} takes {Units.Size(SpaceNeeded)} unpacked", "make room, or name a folder with more, by --scratch");
        var words = string.Join("; ", complaint.Split("; ").Where(line => line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("checksum", StringComparison.OrdinalIgnoreCase)));
        if (words.Length == 0) words = complaint;
        return outcome.WasCutOff || complaint.Contains("invalid option", StringComparison.Ordinal)
            ? new DeviceException($"partclone.restore failed at {name}: {words}", "install a newer partclone, which knows the option -E")
            : new ImageDamagedException($"{name} is damaged: partclone.restore: {words}", "copy it again from where it came");
    }

    /// <summary>What is zero stays a hole.</summary>
    private void Copy(UnpackedImage image, byte[] first, Extent place, string name)
    {
        var buffer = new byte[BufferLength];
        first.CopyTo(buffer, 0);
        var (at, kept) = (place.Offset, first.Length);
        for (int filled; (filled = kept + image.Fill(buffer.AsSpan(kept))) > 0; kept = 0)
        {
            if (filled > place.End - at) throw WrongLength("more", place, name);
            if (buffer.AsSpan(0, filled).ContainsAnyExcept((byte)0)) _target.Write(at, buffer.AsSpan(0, filled));
            at += filled;
        }
        image.End();
        if (at < place.End) throw WrongLength("less", place, name);
    }

    private static ImageDamagedException WrongLength(string how, Extent place, string name) =>
        new($"{name} holds {how} than the {place.Length} bytes of its partition", "copy it again from where it came");

    /// <summary>mkswap(8) wants a file of its own: it cannot write into the middle of one.</summary>
    private void MakeSwap(SavedVolume volume, Extent place)
    {
        var path = $"{_path}.swap";
        using var area = BlockDevices.CreateTarget(path, place.Length);
        try
        {
            _folder.Tools.Must($"making the swap area {volume.Device}", new ToolCall("mkswap", [.. SwapIds(volume), path]) { Cancel = _cancel });
            var header = new byte[Math.Min(SwapHeader, place.Length)];
            area.Read(0, header);
            _target.Write(place.Offset, header);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Those that Clonezilla keeps, as options of mkswap.</summary>
    private List<string> SwapIds(SavedVolume volume)
    {
        var known = _folder.Lines(volume.SwapFile).Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).ToLookup(pair => pair[0], pair => pair[1].Trim().Trim('"'));
        List<string> ids = Guid.TryParse(known["UUID"].FirstOrDefault(), out var id) ? ["-U", $"{id}"] : [];
        if (known["LABEL"].FirstOrDefault() is { Length: > 0 } label) ids.AddRange(["-L", label]);
        return ids;
    }

    private static void MustLieElsewhere(string path, string folder)
    {
        if ((DiskInventory.RealPath(path) + '/').StartsWith(DiskInventory.RealPath(folder) + '/', StringComparison.Ordinal))
            throw new SafetyException($"{path} would lie in {folder}, which is only read", "write the image into another folder, and unpack into another one, too (--scratch)");
    }

    private RescueKitException NoTable(string disk, SavedVolume? volume) => volume is null
        ? new ImageDamagedException($"{_folder.FullPath} has neither a table nor an image of {disk}", "copy the folder again from where it came")
        : new ImageUnsupportedException($"{_folder.PathOf(volume.Parts?.Name ?? volume.SwapFile)} is no partclone image, and without a table nothing tells how large the disk was", "name a partclone image; a raw file is taken as it is, under a name without 'ptcl'");

    private void Guarded(Action build)
    {
        try
        {
            build();
        }
        catch
        {
            Dispose();
            throw;
        }
    }
}
