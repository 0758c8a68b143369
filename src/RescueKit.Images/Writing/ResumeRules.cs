using RescueKit.Images.Format;
using RescueKit.Model;

namespace RescueKit.Images.Writing;

/// <summary>What must be equal, so that going on with an image does not mix two disks or two instants.</summary>
internal static class ResumeRules
{
    /// <exception cref="ImageMismatchException">The image must not be gone on with.</exception>
    public static void Check(DescriptionFormat image, ImageDescription now, ImageWriterOptions options, string name)
    {
        if (image.Description.Taken.Kind != "cold" || now.Taken.Kind != "cold")
            throw new ImageMismatchException($"{name} is a hot image: its instant is gone, so it cannot be resumed", "start a new image");
        Same("disk length", image.Geometry.DiskLength, now.Disk.Length);
        Same("chunk size", image.Geometry.ChunkSize, options.ChunkSize);
        // Unknown on one side proves nothing: a table that could not be read, a bridge that hides the serial. Every chunk is matched anyway.
        SameWhereKnown("disk id", image.Description.Disk.DiskId, now.Disk.DiskId);
        SameWhereKnown("disk serial", image.Description.Disk.Serial, now.Disk.Serial);
        Same("parent", image.Parent, options.Parent);

        void SameWhereKnown(string what, string? inImage, string? wanted)
        {
            if (inImage is not null && wanted is not null) Same(what, inImage, wanted);
        }

        void Same<T>(string what, T inImage, T wanted)
        {
            if (!EqualityComparer<T>.Default.Equals(inImage, wanted))
                throw new ImageMismatchException($"{name} cannot be resumed: its {what} is {inImage?.ToString() ?? "none"}, not {wanted?.ToString() ?? "none"}");
        }
    }
}
