using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Reading;

/// <summary>
/// The parts of an image that are there, told by what they say themselves: a part of another image counts as missing, and
/// parts whose names were swapped are put right.
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

    /// <summary>Headers of parts (sessions to be learnt from them).</summary>
    public List<ImageHeader> Headers { get; } = [];

    public static PartSet Open(IImageStore store, string name)
    {
        var set = new PartSet { Name = name };
        try
        {
            var names = store.List(name).Select(n => (Number: PartNames.NumberOf(name, n), Name: n)).Where(p => p.Number is not null)
                .OrderBy(p => p.Number).ToList();
            // A missing file is the store's to report.
            if (names.Count == 0) names.Add((1, name));
            var unnamed = new List<(int Number, IPartReader Part)>();
            foreach (var (number, partName) in names) set.Add(store.OpenRead(partName), number!.Value, unnamed);
            foreach (var (number, part) in unnamed) set.AddUnnamed(number, part);
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
            Repairs.Add($"{part.Name} belongs to another image and was left out.");
            part.Dispose();
            return;
        }
        if (!_parts.TryAdd(header.Part, part))
        {
            Repairs.Add($"{part.Name} says that it is part {header.Part}, which is there already; it was left out.");
            part.Dispose();
            return;
        }
        if (header.Part != number) Repairs.Add($"{part.Name} is part {header.Part}, not {number}, and is used as such.");
        Header ??= header;
        Headers.Add(header);
    }

    /// <summary>A part with a damaged header is what its name says; its frames are bound to the image by their checksums.</summary>
    private void AddUnnamed(int number, IPartReader part)
    {
        if (_parts.TryAdd(number, part)) Repairs.Add($"The header of {part.Name} is damaged; it was used by its name.");
        else part.Dispose();
    }

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
