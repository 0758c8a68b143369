using RescueKit.Disks.Stores;
using RescueKit.Images;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Engine.Inspection;

/// <summary>What an image tells of itself, without reading a chunk.</summary>
public static class ImageInspector
{
    /// <exception cref="ImageException">It is no image, damaged beyond what can be told of it, or not opened by the passphrase given.</exception>
    public static ImageDocument Inspect(string path, Func<ReadOnlyMemory<byte>?>? passphrase)
    {
        var full = Path.GetFullPath(path);
        var store = new FolderStore(Path.GetDirectoryName(full)!);
        var name = Path.GetFileName(full);
        var head = ImageHead.Read(store, name);
        var clear = Clear(path, head);
        if (!head.IsEncrypted) return Open(clear, store, name, null);
        return passphrase?.Invoke() is { } given ? Open(clear, store, name, () => given) : clear;
    }

    private static ImageDocument Clear(string path, ImageHead head) => new()
    {
        Path = path,
        ImageId = head.ImageId,
        Complete = head.HasFooter,
        Encrypted = head.IsEncrypted,
        Opened = false,
        Parts = [.. head.Parts.Select(part => new PartDocument(part.Name, part.Length))],
        MissingParts = [.. Enumerable.Range(1, head.Parts[^1].Number).Except(head.Parts.Select(part => part.Number))],
        StoredBytes = head.Parts.Sum(part => part.Length),
        Partitions = [],
        Warnings = [],
        Repairs = [],
    };

    private static ImageDocument Open(ImageDocument clear, FolderStore store, string name, Func<ReadOnlyMemory<byte>>? passphrase)
    {
        using var image = ImageReader.Open(store, name, passphrase);
        var description = image.Description;
        var document = clear with
        {
            Complete = image.IsComplete,
            Opened = true,
            Codec = image.Codec.ToString().ToLowerInvariant(),
            ChunkSize = image.ChunkSize,
            MissingParts = image.MissingParts,
            Parent = image.Parent is { } parent ? new ParentDocument(parent.ImageId, parent.RootDigest.ToString()) : null,
            Writer = description.Writer,
            Taken = Taken(description.Taken),
            Disk = Disk(description.Disk),
            Partitions = [.. description.Volumes.Select(Volume)],
            Warnings = description.Warnings ?? [],
            Repairs = [.. image.Repairs, .. image.LeftOut],
        };
        if (image.Summary is not { } summary)
        {
            return document with
            {
                UsedBytes = description.Volumes.Where(v => v.Included).Sum(v => v.UsedBytes),
                DoneBytes = DoneBytes(image),
            };
        }
        return document with
        {
            RootDigest = summary.RootDigest.ToString(),
            UsedBytes = summary.UsedBytes,
            DoneBytes = summary.UsedBytes,
            UnreadableBytes = summary.UnreadableBytes,
            ExcludedBytes = summary.ExcludedBytes,
        };
    }

    /// <summary>Used bytes of the chunks that an unfinished image holds.</summary>
    private static long DoneBytes(ImageReader image)
    {
        long done = 0;
        for (var region = 0; region < image.RegionCount; region++)
        {
            var page = image.ReadRegion(region);
            for (var chunk = 0; chunk < page.ChunkCount; chunk++)
            {
                if (page.State(chunk) is ChunkState.Data or ChunkState.Zero or ChunkState.Unreadable)
                    done += page.Used.Clip(page.ChunkRange(chunk)).TotalLength;
            }
        }
        return done;
    }

    private static TakingDocument Taken(Taking taken) =>
        new(taken.Kind, taken.Consistency, taken.StartedAt, taken.Host, taken.Provider, taken.Writers, taken.FreezeSeconds)
        {
            WriterResults = taken.WriterResults ?? [],
            WriterSeconds = taken.WriterSeconds,
            Databases = taken.Databases ?? [],
            QuietSeconds = taken.QuietSeconds,
            QuietReached = taken.QuietReached,
        };

    private static ImageDiskDocument Disk(SourceDisk disk) =>
        new(disk.Name, disk.Length, disk.LogicalSectorSize, disk.PhysicalSectorSize, disk.TableKind, disk.DiskId, disk.Model, disk.Serial, disk.Wwn,
            disk.Bus);

    private static ImageVolumeDocument Volume(ImagedVolume v) =>
        new(v.Number, v.Offset, v.Length, v.PartitionType, v.PartitionTypeName, v.PartitionId, v.PartitionName, v.FileSystem, v.Label, v.Uuid,
            v.BlockSize, v.UsedBytes, v.Whole, v.WholeReason, v.Unclean, v.ExcludedBytes, v.SetMember, v.Included, v.Warnings)
        {
            Consistency = v.Consistency,
        };
}
