using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>Payload of a region page frame (FORMAT.md, "Region page").</summary>
internal static class RegionPageFormat
{
    /// <summary>The most that a row of a Data chunk takes: digest, and location as three variable-length numbers.</summary>
    public const int MaxRowSize = ChunkDigest.Size + 3 + 10 + 5 + 3;
    public const int FixedSize = 16;

    /// <param name="checkpoint">Rows so far of a region that goes on in the next part.</param>
    public static void Write(FrameBuilder to, RegionPage page, bool checkpoint)
    {
        to.U32(page.Region).U32(page.ChunkCount).Byte(checkpoint ? (byte)1 : (byte)0).Zeros(7);
        WriteExtents(to, page.Used, page.Range.Offset);
        WriteExtents(to, page.Unreadable, page.Range.Offset);
        WriteExtents(to, page.Excluded, page.Range.Offset);
        for (int i = 0, run; i < page.ChunkCount; i += run)
        {
            for (run = 1; i + run < page.ChunkCount && page.State(i + run) == page.State(i);) run++;
            to.Byte((byte)page.State(i)).VarInt(run);
        }
        var next = default(FrameLocation);
        for (var i = 0; i < page.ChunkCount; i++)
        {
            if (page.State(i) != ChunkState.Data) continue;
            ref readonly var at = ref page.Location(i);
            to.Digest(page.StoredDigest(i)).ZigZag(at.Part - next.Part)
                .ZigZag((at.Offset - next.Offset) / FrameHeader.Alignment).VarInt(at.StoredLength);
            next = at with { Offset = at.Offset + FrameHeader.Total(at.StoredLength) };
        }
    }

    /// <exception cref="ImageDamagedException">The payload contradicts itself, the geometry or the limits.</exception>
    public static RegionPage Parse(ReadOnlySpan<byte> payload, ImageGeometry geometry)
    {
        var from = new ByteReader(payload, "a region page");
        var region = from.Int32("region", 0, geometry.RegionCount - 1);
        from = new ByteReader(from.Rest, $"the page of region {region}");
        var count = geometry.ChunkCountIn(region);
        from.Int32("chunk count", count, count);
        var kind = from.Byte();
        if (kind > 1) throw from.Damaged("is of an unknown kind");
        from.Bytes(7);
        var page = new RegionPage(geometry, region)
        {
            Used = ReadExtents(ref from, geometry.RegionRange(region)),
            Unreadable = ReadExtents(ref from, geometry.RegionRange(region)),
            Excluded = ReadExtents(ref from, geometry.RegionRange(region)),
            IsRebuilt = kind == 1,
        };
        ReadStates(ref from, page);
        ReadRows(ref from, page, geometry);
        from.End();
        CheckStates(from, page);
        return page;
    }

    private static void WriteExtents(FrameBuilder to, ExtentSet set, long start)
    {
        if (set.Count > FormatLimits.MaxExtents)
            throw new ArgumentException($"a region has {set.Count} extents; at most {FormatLimits.MaxExtents} fit its page", nameof(set));
        to.VarInt(set.Count);
        foreach (var extent in set.AsSpan())
        {
            to.VarInt(extent.Offset - start).VarInt(extent.Length);
            start = extent.End;
        }
    }

    private static ExtentSet ReadExtents(ref ByteReader from, Extent range)
    {
        // Each takes at least two bytes of the payload, which bounds what a false count can allocate.
        var count = from.VarInt("extent count", 0, Math.Min(FormatLimits.MaxExtents, from.Remaining / 2));
        var builder = new ExtentSetBuilder((int)count);
        var end = range.Offset;
        for (var i = 0; i < count; i++)
        {
            var start = end + from.VarInt("extent gap", i == 0 ? 0 : 1, range.End - end);
            end = start + from.VarInt("extent length", 1, range.End - start);
            builder.Add(Extent.FromTo(start, end));
        }
        return builder.ToSet();
    }

    private static void ReadStates(ref ByteReader from, RegionPage page)
    {
        for (var i = 0; i < page.ChunkCount;)
        {
            var state = from.Byte();
            if (state > (byte)ChunkState.Pending) throw from.Damaged($"has a chunk in state {state}");
            for (var run = from.VarInt("run", 1, page.ChunkCount - i); run > 0; run--) page.SetState(i++, (ChunkState)state);
        }
    }

    private static void ReadRows(ref ByteReader from, RegionPage page, ImageGeometry geometry)
    {
        var next = default(FrameLocation);
        for (var i = 0; i < page.ChunkCount; i++)
        {
            if (page.State(i) != ChunkState.Data) continue;
            var digest = from.Digest();
            var part = next.Part + from.ZigZag("part");
            if (part is < 1 or > FormatLimits.MaxParts) throw from.Damaged($"places a chunk in part {part}");
            var steps = from.ZigZag("offset");
            const long limit = long.MaxValue / FrameHeader.Alignment / 4;
            if (steps is < -limit or > limit) throw from.Damaged("places a chunk out of range");
            var offset = next.Offset + steps * FrameHeader.Alignment;
            if (offset < 0 || offset / FrameHeader.Alignment > limit) throw from.Damaged($"places a chunk at {offset}");
            var stored = (int)from.VarInt("stored length", FormatLimits.ChunkPrefix, FormatLimits.MaxChunkPayload(geometry.ChunkSize));
            var at = new FrameLocation((int)part, stored, offset);
            page.SetData(i, digest, at);
            next = at with { Offset = offset + FrameHeader.Total(stored) };
        }
    }

    /// <summary>A used byte in a chunk that claims to hold none would be lost without a word.</summary>
    private static void CheckStates(ByteReader from, RegionPage page)
    {
        if (!page.Used.IsSupersetOf(page.Unreadable)) throw from.Damaged("has unreadable bytes that are not in use");
        if (!page.Used.Intersect(page.Excluded).IsEmpty) throw from.Damaged("has bytes that are both imaged and excluded");
        var used = page.ChunksTouching(page.Used);
        for (var i = 0; i < page.ChunkCount; i++)
        {
            if (used[i] == page.State(i) is ChunkState.Unallocated or ChunkState.Excluded)
                throw from.Damaged($"calls chunk {page.FirstChunk + i} {page.State(i)} against its own allocation map");
        }
    }
}
