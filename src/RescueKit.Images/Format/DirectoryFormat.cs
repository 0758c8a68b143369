using RescueKit.Model;

namespace RescueKit.Images.Format;

/// <summary>A region's row in the directory: where its page and the page's copy lie, and the digest of what they say.</summary>
internal readonly record struct DirectoryRow(FrameLocation Page, FrameLocation Copy, ChunkDigest Digest);

/// <summary>Payload of a directory frame: rows of consecutive regions (FORMAT.md, "Directory").</summary>
internal static class DirectoryFormat
{
    public static void Write(FrameBuilder to, int firstRegion, ReadOnlySpan<DirectoryRow> rows)
    {
        to.U32(firstRegion).U32(rows.Length);
        foreach (ref readonly var row in rows)
        {
            row.Page.Write(to);
            row.Copy.Write(to);
            to.Digest(row.Digest);
        }
    }

    public static void Read(ReadOnlySpan<byte> payload, int firstRegion, Span<DirectoryRow> rows)
    {
        var from = new ByteReader(payload, "the directory");
        from.Int32("first region", firstRegion, firstRegion);
        from.Int32("row count", rows.Length, rows.Length);
        foreach (ref var row in rows) row = new DirectoryRow(FrameLocation.Read(ref from), FrameLocation.Read(ref from), from.Digest());
        from.End();
    }
}
