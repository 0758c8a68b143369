using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Images.Reading;
using RescueKit.Model;

namespace RescueKit.Images.Writing;

/// <summary>Finds where an image that was not completed is gone on with: behind its last frame, or in the part after that.</summary>
internal sealed class ResumePosition(IImageStore store, PartSet parts, ImageScan scan, IPartWriter first)
{
    /// <param name="splitBytes">The largest part from now on, which the last one may have passed already; null for no limit.</param>
    public AppendPosition Find(DescriptionFormat format, long? splitBytes)
    {
        var next = parts.Highest + 1;
        var closed = parts.Parts.Where(part => part.Key < parts.Highest).Select(part => part.Value.Length).ToList();
        var begun = parts.Blanks.Contains(next);
        if (scan.EndsWithTrailer)
        {
            closed.Add(parts.Parts[parts.Highest].Length);
            return new AppendPosition(next, 0, begun, scan.NextSequence, closed);
        }
        var last = parts.Highest == 1 ? first : store.OpenAppend(PartNames.Of(parts.Name, parts.Highest));
        try
        {
            var end = scan.End + SizeOfStart(format);
            if (!begun && !(end > splitBytes) && last.CanHold(end)) return new AppendPosition(parts.Highest, scan.End, true, scan.NextSequence, closed);
            // That part is left without a trailer: FORMAT.md, Parts.
            last.Cut(scan.End);
            last.Flush();
            closed.Add(scan.End);
            return new AppendPosition(next, 0, begun, scan.NextSequence, closed);
        }
        finally
        {
            if (last != first) last.Dispose();
        }
    }

    /// <summary>What a session begins with, spares included, and what must still fit behind it.</summary>
    private long SizeOfStart(DescriptionFormat format)
    {
        var tag = scan.Header.IsEncrypted ? FormatLimits.TagSize : 0;
        var description = new FrameBuilder();
        format.Write(description);
        return 2 * (ImageHeader.FrameSize + FormatLimits.SpareDistance + FrameHeader.Total(description.PayloadLength + tag))
            + FrameHeader.Total(PartTrailerFormat.Size + tag);
    }
}
