using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>Walks over the frames of all parts and checks each that is not a chunk; chunks are checked by their digests.</summary>
internal static class FrameCheck
{
    /// <param name="complete">Else the last part may end with a piece of a frame: that is where the image was interrupted.</param>
    /// <param name="lengths">Bytes of each part, where they are known: one that was cut between two frames shows nowhere else.</param>
    public static IEnumerable<(int Part, string Message, long Offset)> Run(PartSet parts, uint seed, SessionKeys? keys, bool complete, IReadOnlyList<long>? lengths)
    {
        using var fetcher = new FrameFetcher(seed, keys);
        foreach (var (number, part) in parts.Parts)
        {
            var walker = new FrameWalker(part, seed);
            while (true)
            {
                var expected = walker.End;
                if (!walker.Next()) break;
                if (walker.Offset != expected) yield return (number, $"{walker.Offset - expected} bytes of {part.Name} at {expected} are no frames", expected);
                if (walker.Header.Type != FrameType.Chunk && Fault(fetcher, part, number, walker) is { } fault) yield return (number, fault, walker.Offset);
            }
            if (lengths is not null && number <= lengths.Count && lengths[number - 1] is var length && length > part.Length)
                yield return (number, $"{part.Name} has {part.Length} bytes, {length - part.Length} fewer than it had", part.Length);
            if (walker.End != part.Length && (complete || number != parts.Highest))
                yield return (number, $"{part.Name} ends with {part.Length - walker.End} bytes that are no frame", walker.End);
        }
    }

    private static string? Fault(FrameFetcher fetcher, IPartReader part, int number, FrameWalker walker)
    {
        try
        {
            fetcher.Fetch(part, new FrameLocation(number, walker.Header.StoredLength, walker.Offset), walker.Header.Type, FormatLimits.MaxPayload, out _);
            return null;
        }
        catch (Exception e) when (e is ImageDamagedException or BlockReadException)
        {
            return e.Message;
        }
    }
}
