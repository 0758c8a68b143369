using RescueKit.Cli.Arguments;
using RescueKit.Cli.Json;
using RescueKit.Disks.Stores;
using RescueKit.Images;
using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Cli.Inspection;

/// <summary>What an image tells of itself, without reading a chunk.</summary>
internal static class ImageInspector
{
    /// <exception cref="ImageException">It is no image, or damaged beyond what can be told of it.</exception>
    public static ImageDocument Inspect(string path, PassphraseSource passphrase)
    {
        var full = Path.GetFullPath(path);
        var store = new FolderStore(Path.GetDirectoryName(full)!);
        var name = Path.GetFileName(full);
        using var image = ImageReader.Open(store, name, passphrase.Get);
        var parts = Parts(store, name);
        return new ImageDocument
        {
            Path = path,
            ImageId = image.ImageId,
            Complete = image.IsComplete,
            Encrypted = image.IsEncrypted,
            Opened = true,
            Codec = image.Codec.ToString().ToLowerInvariant(),
            ChunkSize = image.ChunkSize,
            RootDigest = image.IsComplete ? image.RootDigest.ToString() : null,
            Parent = image.Parent is { } parent ? new ParentDocument(parent.ImageId, parent.RootDigest.ToString()) : null,
            Parts = parts,
            MissingParts = image.MissingParts,
            StoredBytes = parts.Sum(p => p.Length),
            UsedBytes = image.Summary?.UsedBytes,
            UnreadableBytes = image.Summary?.UnreadableBytes,
            ExcludedBytes = image.Summary?.ExcludedBytes,
            Writer = image.Description.Writer,
            Taken = Taken(image.Description.Taken),
            Disk = Disk(image.Description.Disk),
            Partitions = [.. image.Description.Volumes.Select(Volume)],
            Repairs = image.Repairs,
        };
    }

    private static List<PartDocument> Parts(FolderStore store, string name)
    {
        var parts = new List<PartDocument>();
        foreach (var part in store.List(name).Where(p => !p.EndsWith(".json", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = store.OpenRead(part);
            parts.Add(new PartDocument(part, reader.Length));
        }
        return parts;
    }

    private static TakingDocument Taken(Taking taken) =>
        new(taken.Kind, taken.Consistency, taken.StartedAt, taken.Host, taken.Provider, taken.Writers, taken.FreezeSeconds);

    private static ImageDiskDocument Disk(SourceDisk disk) =>
        new(disk.Name, disk.Length, disk.LogicalSectorSize, disk.PhysicalSectorSize, disk.TableKind, disk.DiskId, disk.Model, disk.Serial, disk.Wwn,
            disk.Bus);

    private static ImageVolumeDocument Volume(ImagedVolume v) =>
        new(v.Number, v.Offset, v.Length, v.PartitionType, v.PartitionTypeName, v.PartitionId, v.PartitionName, v.FileSystem, v.Label, v.Uuid,
            v.BlockSize, v.UsedBytes, v.Whole, v.WholeReason, v.Unclean, v.ExcludedBytes, v.SetMember, v.Included, v.Warnings);
}
