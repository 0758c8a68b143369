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
        foreach (var extent in layout.TableAreas) Zero(extent);
        foreach (var extent in layout.VolumeAreas.Except(layout.TableAreas)) Zero(extent);
        target.Flush();
    }

    /// <summary>The volumes become recognisable. All data must have been flushed.</summary>
    public void WriteVolumes(CancellationToken cancel)
    {
        var areas = layout.VolumeAreas.Except(layout.TableAreas);
        Write(areas.Except(layout.Heads), cancel);
        target.Flush();
        Write(areas.Intersect(layout.Heads), cancel);
        target.Flush();
    }

    /// <summary>The disk becomes bootable: its first sectors are the last to be written.</summary>
    public void WriteTables(CancellationToken cancel)
    {
        if (layout.TableAreas.IsEmpty) return;
        Write(layout.TableAreas.Except(layout.Heads), cancel);
        target.Flush();
        Write(layout.TableAreas.Intersect(layout.Heads), cancel, lastFirst: true);
        target.Flush();
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

    private void Write(ExtentSet areas, CancellationToken cancel, bool lastFirst = false)
    {
        using var buffer = new AlignedBuffer(PieceBytes);
        foreach (var area in lastFirst ? areas.Reverse() : areas)
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
