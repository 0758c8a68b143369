using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Images.Reading;
using RescueKit.Model;

namespace RescueKit.Images.Writing;

/// <summary>What must be so, that going on with an image neither mixes two disks, instants or ways of writing, nor touches another file.</summary>
internal static class ResumeRules
{
    /// <exception cref="ImageMismatchException">The image must not be gone on with.</exception>
    public static void Check(ImageHeader header, DescriptionFormat image, ImageDescription now, ImageWriterOptions options, string name)
    {
        if (image.Description.Taken.Kind != "cold" || now.Taken.Kind != "cold")
            throw new ImageMismatchException($"{name} is a hot image: its instant is gone, so it cannot be resumed", "start a new image");
        CheckEncryption(header, options, name);
        Same("disk length", image.Geometry.DiskLength, now.Disk.Length);
        // Unknown on one side proves nothing: a table that could not be read, a bridge that hides the serial. Every chunk is matched anyway.
        SameWhereKnown("disk id", image.Description.Disk.DiskId, now.Disk.DiskId);
        SameWhereKnown("disk serial", image.Description.Disk.Serial, now.Disk.Serial);
        Same("parent", image.Parent, options.Parent);
        Asked("chunk size", "--chunk-size", image.Geometry.ChunkSize, options.ChunkSize);
        Asked("codec", "--codec", image.Codec, options.Codec);

        void SameWhereKnown(string what, string? inImage, string? wanted)
        {
            if (inImage is not null && wanted is not null) Same(what, inImage, wanted);
        }

        void Same<T>(string what, T inImage, T wanted)
        {
            if (!EqualityComparer<T>.Default.Equals(inImage, wanted))
                throw new ImageMismatchException($"{name} cannot be resumed: its {what} is {inImage?.ToString() ?? "none"}, not {wanted?.ToString() ?? "none"}",
                    "start a new image, or name the disk that this one was begun from");
        }

        void Asked<T>(string what, string option, T inImage, T? wanted) where T : struct
        {
            if (wanted is { } value && !EqualityComparer<T>.Default.Equals(inImage, value))
                throw new ImageMismatchException($"{name} cannot be resumed: its {what} is {inImage}, not {value}",
                    $"leave out {option}: the image goes on as it was begun");
        }
    }

    /// <exception cref="ImageDamagedException">A part is missing.</exception>
    /// <exception cref="SafetyException">Going on would write to a file, or come upon one, that is not what its name says.</exception>
    public static void CheckFiles(PartSet parts)
    {
        for (var number = 1; number <= parts.Highest; number++)
        {
            var (name, found) = (PartNames.Of(parts.Name, number), parts.Part(number).Name);
            if (found != name) throw new SafetyException($"{parts.Name} cannot be resumed: its part {number} is called {found}", $"give that part its name back: {name}");
        }
        RefuseStrays(parts, parts.Highest + 1);
    }

    /// <summary>For an image that got no further than its first header, and is begun anew.</summary>
    /// <exception cref="ImageException">It would be encrypted where it was begun without, or the other way round.</exception>
    /// <exception cref="SafetyException">A file has the name of one of its parts.</exception>
    public static void CheckStart(PartSet parts, ImageWriterOptions options)
    {
        if (parts.Header is { } header) CheckEncryption(header, options, parts.Name);
        RefuseStrays(parts, 1);
    }

    private static void CheckEncryption(ImageHeader header, ImageWriterOptions options, string name)
    {
        if (options.Passphrase is not null && !header.IsEncrypted)
            throw new ImageMismatchException($"{name} cannot be resumed with encryption: it was begun without",
                "start a new image, which is encrypted from its beginning, or leave out --encrypt");
        if (options.Passphrase is null && header.IsEncrypted)
            throw new WrongPassphraseException($"{name} is encrypted", "give its passphrase");
    }

    /// <param name="next">The part whose file may be there already, with nothing in it.</param>
    private static void RefuseStrays(PartSet parts, int next)
    {
        if (parts.Strays is [var stray, ..])
            throw new SafetyException($"{parts.Name} cannot be resumed: {PartNames.Of(parts.Name, stray.Number)} is in its way. {stray.Why}", "move that file elsewhere");
        foreach (var blank in parts.Blanks.Where(number => number != next))
            throw new SafetyException($"{parts.Name} cannot be resumed: {PartNames.Of(parts.Name, blank)}, in which nothing is, is in its way", "delete that file");
    }
}
