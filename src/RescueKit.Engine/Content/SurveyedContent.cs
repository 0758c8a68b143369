using RescueKit.Engine.Survey;
using RescueKit.Model;

namespace RescueKit.Engine.Content;

/// <summary>The content of a disk as its survey says it has to be taken.</summary>
internal sealed class SurveyedContent(DiskSurvey survey, int chunkSize, long regionBytes) : IDiskContent
{
    public string Name => survey.Disk.Name;
    public long Length => survey.Disk.Length;
    public int ChunkSize => chunkSize;
    public long RegionBytes => regionBytes;
    public DiskSurvey Survey => survey;

    /// <summary>What is known to be unreadable: neither read again nor compared.</summary>
    public ExtentSet Unreadable { get; set; } = ExtentSet.Empty;

    ContentRegion IDiskContent.Open(int region) => Open(region);

    /// <param name="again">The region was taken before, so what is used in it must be the same.</param>
    /// <exception cref="BlockReadException">The allocation map could be read before and cannot be read now.</exception>
    public SurveyedRegion Open(int region, bool again = false)
    {
        var start = region * regionBytes;
        var range = Extent.FromTo(start, Math.Min(Length, start + regionBytes));
        var used = survey.UsedIn(range, again);
        var lost = Unreadable.Clip(range).Intersect(used);
        var toRead = used.IsEmpty ? used : used.Intersect(survey.Disk.DataIn(range)).Except(survey.ReadAsZeroIn(range)).Except(lost);
        var data = toRead.AlignOutward(chunkSize, Length);
        return new SurveyedRegion(survey.Disk, region, range, toRead)
        {
            Used = used,
            Excluded = survey.ExcludedIn(range).Except(used),
            Unreadable = lost,
            DataChunks = data,
            ZeroChunks = used.AlignOutward(chunkSize, Length).Except(data),
        };
    }
}

/// <param name="toRead">Used bytes that are neither in holes, nor taken as zeros, nor known to be unreadable.</param>
internal sealed class SurveyedRegion(IBlockSource disk, int index, Extent range, ExtentSet toRead) : ContentRegion(index, range)
{
    /// <summary>Used ranges nearer than this are read in one request: a seek, or a system call, costs more than the bytes between.</summary>
    private const int Coalesce = 64 << 10;

    public ExtentSet ToRead => toRead;

    public override void Read(Extent range, Span<byte> content, bool quick = false)
    {
        var extents = toRead.Overlapping(range);
        var filled = range.Offset;
        for (var first = 0; first < extents.Length;)
        {
            var last = first;
            while (last + 1 < extents.Length && extents[last + 1].Offset - extents[last].End < Coalesce) last++;
            var run = Extent.FromTo(extents[first].Offset, extents[last].End).Intersect(range);
            ReadRun(range, content, run, extents[first..(last + 1)], quick);
            Clear(range, content, Extent.FromTo(filled, run.Offset));
            filled = run.End;
            first = last + 1;
        }
        Clear(range, content, Extent.FromTo(filled, range.End));
    }

    private void ReadRun(Extent range, Span<byte> content, Extent run, ReadOnlySpan<Extent> extents, bool quick)
    {
        var aligned = Align(run, range);
        try
        {
            disk.Read(aligned.Offset, At(range, content, aligned));
        }
        catch (BlockReadException) when (!quick)
        {
            // The bad sector may be one that nothing uses.
            foreach (var extent in extents)
            {
                var exact = extent.Intersect(range);
                disk.Read(exact.Offset, At(range, content, exact));
            }
        }
        for (var i = 1; i < extents.Length; i++) Clear(range, content, Extent.FromTo(extents[i - 1].End, extents[i].Offset));
    }

    /// <summary>Grown to what a device reads fastest, inside the range that the buffer holds.</summary>
    private static Extent Align(Extent run, Extent range)
    {
        var start = run.Offset - run.Offset % AlignedBuffer.Alignment;
        var end = run.End + (AlignedBuffer.Alignment - run.End % AlignedBuffer.Alignment) % AlignedBuffer.Alignment;
        return Extent.FromTo(Math.Max(start, range.Offset), Math.Min(end, range.End));
    }

    private static void Clear(Extent range, Span<byte> content, Extent part) => At(range, content, part).Clear();

    private static Span<byte> At(Extent range, Span<byte> content, Extent part) =>
        content.Slice((int)(part.Offset - range.Offset), (int)part.Length);
}
