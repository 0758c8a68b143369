using RescueKit.Model;

namespace RescueKit.Engine.Writing;

/// <summary>Fills the buffer with what the source has at an offset.</summary>
internal delegate void ReadContent(long offset, Span<byte> buffer);

/// <summary>
/// Takes away what makes the target recognisable before any data is written, and puts it there when all data is on stable
/// storage: an interrupted restore can neither boot nor mount.
/// </summary>
/// <param name="content">The source's content at an offset of the source; zeros where nothing is in use.</param>
internal sealed class CriticalWriter(IBlockTarget target, TargetLayout layout, ReadContent content)
{
    private const int PieceBytes = 1 << 20;

    public long WrittenBytes { get; private set; }

    /// <summary>True once a write has succeeded: the target is not what it was.</summary>
    public bool HasTouched { get; private set; }

    /// <summary>Zeroes tables, boot sectors and superblocks, and returns when that is on stable storage.</summary>
    public void Invalidate()
    {
        if (target.UnwrittenIsZero) return;
        foreach (var extent in layout.Invalidation.SelectMany(set => set)) Zero(extent);
        target.Flush();
    }

    /// <summary>The volumes become recognisable. All data must have been flushed.</summary>
    public void WriteVolumes(CancellationToken cancel) => WriteLayers(layout.VolumeAreas.Except(layout.TableAreas), cancel);

    /// <summary>The disk becomes bootable: its first sector is the last to be written.</summary>
    public void WriteTables(CancellationToken cancel) => WriteLayers(layout.TableAreas, cancel);

    private void WriteLayers(ExtentSet areas, CancellationToken cancel)
    {
        var body = layout.HeadLayers.Aggregate(areas, (rest, head) => rest.Except(head));
        foreach (var layer in layout.HeadLayers.Select(areas.Intersect).Prepend(body))
        {
            var before = WrittenBytes;
            Write(layer, cancel);
            if (WrittenBytes > before) target.Flush();
        }
    }

    private void Zero(Extent extent)
    {
        target.WriteZeros(extent);
        HasTouched = true;
    }

    /// <summary>The bytes that a range of the target ends up with: content where it is used, patches over it, zeros elsewhere.</summary>
    private void Compose(Extent onto, Span<byte> bytes)
    {
        bytes.Clear();
        foreach (var segment in layout.Segments)
        {
            if (!segment.Onto.Overlaps(onto)) continue;
            var from = segment.Onto.Intersect(onto).Shift(-segment.Shift);
            var part = bytes.Slice((int)(from.Offset + segment.Shift - onto.Offset), (int)from.Length);
            content(from.Offset, part);
            foreach (var dropped in layout.DroppedInSource.Clip(from))
                part.Slice((int)(dropped.Offset - from.Offset), (int)dropped.Length).Clear();
        }
        foreach (var patch in layout.Patches)
        {
            var common = patch.Extent.Intersect(onto);
            if (common.IsEmpty) continue;
            patch.Bytes.Span.Slice((int)(common.Offset - patch.Offset), (int)common.Length)
                .CopyTo(bytes[(int)(common.Offset - onto.Offset)..]);
        }
    }

    private void Write(ExtentSet areas, CancellationToken cancel)
    {
        using var buffer = new AlignedBuffer(PieceBytes);
        foreach (var area in areas)
        {
            for (var at = area.Offset; at < area.End; at += PieceBytes)
            {
                cancel.ThrowIfCancellationRequested();
                var piece = Extent.FromTo(at, Math.Min(area.End, at + PieceBytes));
                var bytes = buffer.Span[..(int)piece.Length];
                Compose(piece, bytes);
                if (target.UnwrittenIsZero && !bytes.ContainsAnyExcept((byte)0)) continue;
                target.Write(piece.Offset, bytes);
                WrittenBytes += piece.Length;
            }
        }
    }
}
