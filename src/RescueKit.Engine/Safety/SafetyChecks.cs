using RescueKit.Disks;
using RescueKit.Engine.Receipts;
using RescueKit.Engine.Survey;
using RescueKit.FileSystems.Recognition;
using RescueKit.Model;

namespace RescueKit.Engine.Safety;

/// <summary>Every refusal (exit code 4) that runs share, each before the first write.</summary>
internal static class SafetyChecks
{
    /// <summary>What a person calls a disk must not become a file in memory because the disk is not there.</summary>
    public static void NotAmongDevices(string path)
    {
        if (DiskInventory.IsAmongDevices(path))
        {
            throw new SafetyException(
                $"there is no device {path}, and a file in its place would be kept in memory only", "check the name: rescuekit disk list shows the disks that are there");
        }
    }

    public static void Writable(DiskInfo target)
    {
        // A partition that nothing uses is none of the running system's.
        if (target is { IsSystemDisk: true, Geometry.Identity.Kind: not "partition" })
            throw new SafetyException($"{target.Path} holds the running system", "start the rescue system from a stick to restore it; or name one of its partitions that is not in use as the target, with --partition");
        // Before the write protection: what is opened read-only sets it.
        if (target.Uses.Count > 0)
            throw new SafetyException($"{target.Path} is in use: {string.Join(", ", target.Uses)}", "unmount, close or stop what uses it, or choose another disk");
        if (target.ReadOnly)
            throw new SafetyException($"{target.Path} is write-protected", "remove the write protection, or choose another disk");
    }

    /// <exception cref="UsageException">There is nothing to read.</exception>
    public static void NotEmpty(IBlockSource source)
    {
        if (source.Length == 0) throw new UsageException($"{source.Name} has 0 bytes: there is nothing to copy", "name a disk; in a card reader, insert a medium first");
    }

    public static void DifferentDisks(string source, string target)
    {
        if (DiskInventory.AreSame(source, target))
            throw new SafetyException($"{target} is the source itself", "choose another target");
    }

    /// <summary>A source that is in use can hold the target, as a file or as a volume made of its partitions: it would copy itself into itself.</summary>
    /// <param name="below">The disks that hold the target, as the inventory tells.</param>
    public static void TargetLiesElsewhere(string target, string source, IReadOnlyList<string> below)
    {
        if (below.Any(disk => DiskInventory.AreSame(disk, source)))
            throw new SafetyException($"{target} lies on {source}, the source", "choose a target on another disk");
    }

    /// <summary>An image is made as a file, and kept on a file system.</summary>
    public static void ImageIsFile(string image)
    {
        if (!Path.Exists(image) || DiskInventory.Describe(image).Geometry.Identity.Kind == "file") NotAmongDevices(image);
        else throw new UsageException($"{image} is a disk, and IMAGE is a file", "to copy a disk onto another one: rescuekit clone SOURCE TARGET");
    }

    /// <param name="role">"source" or "target".</param>
    /// <param name="below">The disks that hold the image, as the inventory tells.</param>
    public static void ImageLiesElsewhere(string image, string disk, string role, IReadOnlyList<string> below)
    {
        if (DiskInventory.AreSame(image, disk) || below.Any(b => DiskInventory.AreSame(b, disk)))
        {
            throw new SafetyException(
                $"the image {image} lies on {disk}, the {role}",
                role == "source" ? "write the image to another disk" : "copy the image to another disk first");
        }
    }

    public static void LargeEnough(string target, long length, long needed, string remedy = "choose a target of at least that size")
    {
        if (length < needed)
            throw new SafetyException($"{target} is too small: it has {length} bytes, {needed} are needed", remedy);
    }

    /// <summary>A suspended system goes on with the partitions and file systems that it has in its memory: they must be as it left them.</summary>
    public static void NotSuspended(DiskSurvey survey)
    {
        if (survey.Volumes.FirstOrDefault(v => v.Content.Hibernated) is { } asleep)
        {
            throw new SafetyException(
                $"{DiskSurvey.NameOf(asleep.Partition)} holds a suspended system, which must find its partitions as it left them: none is grown or shrunk, or gets another id",
                "restore it as it is, onto a disk that is as large; or start it, shut it down, and make the image again");
        }
    }

    /// <summary>Tables and file systems count in sectors: on a disk with others they would be misread.</summary>
    public static void SameSectorSize(string target, DiskGeometry geometry, int needed)
    {
        if (!geometry.SectorSizeIsGuess && geometry.LogicalSectorSize != needed)
        {
            throw new SafetyException(
                $"{target} has sectors of {geometry.LogicalSectorSize} bytes, the content was made for {needed}",
                $"choose a disk with {needed}-byte sectors");
        }
    }

    /// <summary>Nothing may be written onto one member of a set: the set would take it for its own, or lose it.</summary>
    public static void NoSetMember(DiskSurvey target, IEnumerable<int> partitions)
    {
        if (DiskMembership(target.Disk) is { } set)
        {
            throw new SafetyException(
                $"{target.Disk.Name} as a whole is a member of a set ({set})",
                "restore onto the assembled set, or take the set apart first, in the firmware's set-up or with mdadm --zero-superblock");
        }
        foreach (var volume in target.Volumes.Where(v => v.Content.IsSetMember && partitions.Contains(v.Partition.Number)))
        {
            throw new SafetyException(
                $"{DiskSurvey.NameOf(volume.Partition)} of {target.Disk.Name} is a member of a set ({volume.Content.Type})",
                "restore onto the assembled set, or take the set apart first (for example with mdadm --zero-superblock)");
        }
    }

    private static string? DiskMembership(IBlockSource disk)
    {
        try
        {
            return SetMembership.Find(disk);
        }
        catch (BlockReadException e)
        {
            throw new SafetyException(
                $"whether {disk.Name} is a member of a set cannot be told: {e.Message}", "choose another target: this one has bad sectors");
        }
    }

    public static void Unchanged(MetadataDigest planned, IBlockSource disk, CancellationToken cancel)
    {
        if (planned.DifferenceFrom(planned.Again(disk, cancel)) is { } how)
        {
            throw new SafetyException(
                $"{disk.Name} has changed since the plan was made ({how})", "look at the new plan and start again");
        }
    }

    /// <summary>Looks at a source again after a run has read it. Returns where or by what it shows that it was written to meanwhile; null where nothing does.</summary>
    public static string? ChangedMeanwhile(MetadataDigest before, IBlockSource disk, ReceiptDraft draft, CancellationToken cancel)
    {
        var after = before.Again(disk, cancel);
        if (before.IsComparable(after)) draft.MetadataAfter = after.Total;
        else draft.Warnings.Add($"Whether {disk.Name} was written to meanwhile could not be checked in full: not all of its tables and boot sectors could be read again.");
        return before.DifferenceFrom(after);
    }
}
