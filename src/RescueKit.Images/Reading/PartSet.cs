using System.Buffers.Binary;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>
/// The parts of an image that are there, told by what they say themselves: a part of another image counts as missing, and
/// parts whose names were swapped are put right. A file that only has the name of a part is left out.
/// </summary>
internal sealed class PartSet : IDisposable
{
    private readonly SortedDictionary<int, IPartReader> _parts = [];

    public required string Name { get; init; }

    /// <summary>From the first part whose header is whole; null where a single part's header and its copy are damaged.</summary>
    public ImageHeader? Header { get; private set; }
    public List<string> Repairs { get; } = [];
    public int Highest => _parts.Count == 0 ? 0 : _parts.Keys.Last();
    public IReadOnlyDictionary<int, IPartReader> Parts => _parts;

    /// <summary>Files with the name of a part that were left out, by the number in the name, and why; each a sentence.</summary>
    public List<(int Number, string Why)> Strays { get; } = [];

    /// <summary>By the number in the name: files in which nothing is, or no more than the beginning of a header that was torn.</summary>
    public HashSet<int> Blanks { get; } = [];

    /// <summary>Headers of parts (sessions to be learnt from them).</summary>
    public List<ImageHeader> Headers { get; } = [];

    public static PartSet Open(IImageStore store, string name)
    {
        var set = new PartSet { Name = name };
        try
        {
            var names = PartNames.Present(store, name);
            // A missing file is the store's to report.
            if (names.Count == 0) names = [(1, name)];
            var unnamed = new List<(int Number, IPartReader Part)>();
            foreach (var (number, partName) in names) set.Add(store.OpenRead(partName), number, unnamed);
            set.PlaceUnnamed(unnamed);
            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <exception cref="ImageDamagedException">The part is not there.</exception>
    public IPartReader Part(int number) => _parts.TryGetValue(number, out var part)
        ? part
        : throw new ImageDamagedException(
            $"part {number} of {Name} ({PartNames.Of(Name, number)}) is missing", $"put {PartNames.Of(Name, number)} beside the other parts");

    public void Dispose()
    {
        foreach (var part in _parts.Values) part.Dispose();
        _parts.Clear();
    }

    private void Add(IPartReader part, int number, List<(int Number, IPartReader Part)> unnamed)
    {
        var header = ReadHeader(part, 0);
        if (header is null && number == 1 && (header = ReadHeader(part, ImageHeader.SpareOffset)) is not null)
            Repairs.Add($"The header of {part.Name} is damaged; its copy was used.");
        if (header is null)
        {
            unnamed.Add((number, part));
            return;
        }
        if (Header is not null && header.ImageId != Header.ImageId)
        {
            LeaveOut(number, part, $"{part.Name} belongs to another image and was left out.");
            return;
        }
        if (!_parts.TryAdd(header.Part, part))
        {
            LeaveOut(number, part, $"{part.Name} says that it is part {header.Part}, which is there already; it was left out.");
            return;
        }
        if (header.Part != number) Repairs.Add($"{part.Name} is part {header.Part}, not {number}, and is used as such.");
        Header ??= header;
        Headers.Add(header);
    }

    /// <summary>
    /// A part with a damaged header is what its name says, if it holds a frame of the image (their checksums are bound to the image).
    /// Where no header at all is left, nothing can tell the parts from strangers and each is taken by its name.
    /// </summary>
    private void PlaceUnnamed(List<(int Number, IPartReader Part)> unnamed)
    {
        var seed = Header?.Seed ?? unnamed.Select(file => FooterHeader(file.Part)?.Seed).FirstOrDefault(found => found is not null);
        foreach (var (number, part) in unnamed)
        {
            if (IsBlank(part))
            {
                Blanks.Add(number);
                part.Dispose();
            }
            else if (seed is { } known && !new FrameWalker(part, known).Next()) LeaveOut(number, part, $"{part.Name} is no part of {Name} and was left out.");
            else if (_parts.TryAdd(number, part)) Repairs.Add($"The header of {part.Name} is damaged; it was used by its name.");
            else LeaveOut(number, part, $"The header of {part.Name} is damaged, and part {number} is there already; it was left out.");
        }
    }

    private void LeaveOut(int number, IPartReader part, string why)
    {
        Strays.Add((number, why));
        part.Dispose();
    }

    /// <summary>What a power cut may leave of a part that was just begun: its header is synced before anything follows.</summary>
    private static bool IsBlank(IPartReader part)
    {
        Span<byte> content = stackalloc byte[(int)ImageHeader.FrameSize];
        if (part.Length > content.Length) return false;
        content = content[..(int)part.Length];
        part.Read(0, content);
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, FrameHeader.Magic);
        var compared = Math.Min(magic.Length, content.Length);
        return !content.ContainsAnyExcept((byte)0) || content[..compared].SequenceEqual(magic[..compared]);
    }

    /// <summary>The header in front of a footer, where a part ends with one.</summary>
    public static ImageHeader? FooterHeader(IPartReader part) =>
        ReadHeader(part, part.Length - FooterFormat.BlockSize) ?? ReadHeader(part, part.Length - FooterFormat.TailSize);

    /// <summary>Null where there is no whole header frame at this place, or it cannot be read.</summary>
    /// <exception cref="ImageUnsupportedException">There is one, of another version or with unknown features.</exception>
    public static ImageHeader? ReadHeader(IPartReader part, long offset)
    {
        Span<byte> frame = stackalloc byte[FrameHeader.Size + ImageHeader.Size];
        if (offset < 0 || part.Length - frame.Length < offset) return null;
        try
        {
            part.Read(offset, frame);
        }
        catch (BlockReadException)
        {
            return null;
        }
        if (!FrameHeader.TryParse(frame, 0, out var header) || header.Type != FrameType.Header || header.StoredLength != ImageHeader.Size) return null;
        var payload = frame[FrameHeader.Size..];
        if (Crc32C.Of(payload) != header.PayloadCrc) return null;
        try
        {
            return ImageHeader.Parse(payload, part.Name);
        }
        catch (ImageDamagedException)
        {
            return null;
        }
    }
}
