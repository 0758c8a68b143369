using System.Diagnostics;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Model;

namespace RescueKit.Images.Writing;

/// <summary>Completes an image: data → sync → seal, description copy, directory, index → sync → footers → sync.</summary>
internal sealed class ImageEnding(WriterStart start, Action<long, long> makeRoom, long chunkFrames)
{
    private readonly FrameAppender _appender = start.Appender;
    private readonly WrittenPages _pages = start.Pages;
    private readonly FrameBuilder _builder = new();

    public ImageSummary Write()
    {
        _appender.Flush();
        start.Description.Write(_builder.Clear());
        var description = DescriptionFormat.DigestOf(_builder.Payload);
        var content = ImageDigests.OfContent(start.Description.Geometry, _pages.Rows.ToArray().Select(row => row.Digest));
        var root = ImageDigests.OfRoot(start.Header.ImageId, description, content);
        SealFormat.Write(_builder.Clear(), root);
        Append(FrameType.Seal);
        start.Description.Write(_builder.Clear());
        var copy = Append(FrameType.Description);
        var directories = AppendDirectories();
        var (indexAt, indexDigest, index) = AppendIndex([start.DescriptionAt, copy], directories, description, content, root);
        _appender.Flush();
        AppendFooters(new FooterFormat(start.Header.ImageId, indexAt, indexDigest, index.Summary.RootDigest, _appender.Part, index.PartLengths[^1]));
        _appender.Flush();
        Debug.Assert(_appender.Position == index.PartLengths[^1]);
        return index.Summary;
    }

    private List<DirectoryFrame> AppendDirectories()
    {
        var directories = new List<DirectoryFrame>();
        for (var first = 0; first < _pages.Rows.Length; first += FormatLimits.DirectoryRows)
        {
            DirectoryFormat.Write(_builder.Clear(), first, _pages.Rows[first..Math.Min(first + FormatLimits.DirectoryRows, _pages.Rows.Length)]);
            var digest = ChunkDigest.Of(_builder.Payload);
            directories.Add(new DirectoryFrame(Append(FrameType.Directory), digest));
        }
        return directories;
    }

    private (FrameLocation At, ChunkDigest Digest, IndexFormat Index) AppendIndex(
        FrameLocation[] descriptions, List<DirectoryFrame> directories, ChunkDigest description, ChunkDigest content, ChunkDigest root)
    {
        // The index tells the final length of the last part, so it and the footers are placed before it is written.
        makeRoom(IndexFormat.SizeOf(directories.Count, _appender.Part + 1, start.Sessions.Count), FooterFormat.TailSize);
        var size = IndexFormat.SizeOf(directories.Count, _appender.Part, start.Sessions.Count);
        var lastLength = _appender.Position + _appender.FrameSize(size) + FooterFormat.TailSize;
        var totals = _pages.Totals;
        var summary = new ImageSummary(start.Header.ImageId, root, _appender.Part,
            _appender.ClosedParts.Sum() + lastLength, totals.Used, totals.Unreadable, totals.Excluded, totals.DataChunks, totals.ZeroChunks,
            Math.Max(0, totals.DataChunks - chunkFrames));
        var index = new IndexFormat
        {
            Summary = summary,
            RegionCount = _pages.Rows.Length,
            Descriptions = descriptions,
            DescriptionDigest = description,
            ContentDigest = content,
            Directories = directories,
            PartLengths = [.. _appender.ClosedParts, lastLength],
            Sessions = start.Sessions,
        };
        index.Write(_builder.Clear());
        var digest = ChunkDigest.Of(_builder.Payload);
        return (_appender.Append(FrameType.Index, _builder), digest, index);
    }

    private void AppendFooters(FooterFormat footer)
    {
        for (var i = 0; i < 2; i++)
        {
            if (i > 0) _appender.AppendPadding();
            _appender.AppendHeader();
            footer.Write(_builder.Clear(), start.Header.IsEncrypted);
            _appender.Append(FrameType.Footer, _builder);
        }
    }

    private FrameLocation Append(FrameType type)
    {
        makeRoom(_builder.PayloadLength, _appender.FrameSize(PartTrailerFormat.Size));
        return _appender.Append(type, _builder);
    }
}
