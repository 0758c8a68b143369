using RescueKit.Disks.Stores;
using RescueKit.Engine;
using RescueKit.Images;
using RescueKit.Model;

namespace RescueKit.Agent.Service;

/// <summary>An image of a job that is there.</summary>
/// <param name="HasEnd">It ends as a complete one does.</param>
internal sealed record ShelfImage(JobImage Image, bool HasEnd)
{
    /// <summary>All of the disk is in it, and nothing was found to be wrong with it.</summary>
    public bool IsGood => HasEnd && Image.ExitCode is null or ExitCodes.Done;

    /// <summary>It had an end, which is not to be seen now: a share does not answer, a part lies elsewhere.</summary>
    public bool IsInDoubt => !HasEnd && !Image.IsGoing && Image.ExitCode is ExitCodes.Done or ExitCodes.DoneWithLosses;

    /// <summary>It was cut off before its end, or found damaged when it was read back, or is what a removal that broke off has left.</summary>
    public bool IsUseless => Image.ExitCode == ExitCodes.Image || (!HasEnd && !IsInDoubt);
}

/// <summary>A job's images where they lie.</summary>
internal static class ImageShelf
{
    /// <summary>Null where there is no image of that name, or it cannot be read.</summary>
    public static ImageHead? Head(string path)
    {
        try
        {
            return File.Exists(path) ? ImageHead.Read(Store(path), Path.GetFileName(path)) : null;
        }
        catch (Exception e) when (e is RescueKitException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The image under its name, where it is still the one that the job made there.</summary>
    public static ShelfImage? Find(JobImage image) =>
        Head(image.Path) is { } head && head.ImageId == image.ImageId ? new ShelfImage(image, head.HasFooter) : null;

    /// <summary>Removes an image's parts, the one that tells what it is last, and its receipt.</summary>
    /// <exception cref="IOException">Some of it cannot be removed.</exception>
    public static void Remove(JobImage image)
    {
        var folder = Path.GetDirectoryName(image.Path)!;
        if (Head(image.Path) is not { } head || head.ImageId != image.ImageId) return;
        foreach (var part in head.Parts.OrderByDescending(part => part.Number)) File.Delete(Path.Combine(folder, part.Name));
        File.Delete(image.Path);
        File.Delete(image.Path + ".receipt.json");
    }

    private static FolderStore Store(string path) => new(Path.GetDirectoryName(path)!);
}
