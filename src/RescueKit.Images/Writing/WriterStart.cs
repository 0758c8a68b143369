using RescueKit.Images.Encryption;
using RescueKit.Images.Format;
using RescueKit.Images.Parts;
using RescueKit.Images.Reading;
using RescueKit.Model;

namespace RescueKit.Images.Writing;

/// <summary>What a writer begins with: the first header and description are on stable storage.</summary>
internal sealed class WriterStart : IDisposable
{
    public required ImageHeader Header { get; init; }
    public required DescriptionFormat Description { get; init; }
    public required FrameLocation DescriptionAt { get; init; }
    public required FrameAppender Appender { get; init; }
    public required WrittenPages Pages { get; init; }
    public required SessionKeys? Keys { get; init; }

    /// <summary>Every session of the image, this one included.</summary>
    public required IReadOnlyList<(ushort Session, byte[] Salt)> Sessions { get; init; }

    /// <summary>Chunk frames that earlier runs left in the image.</summary>
    public long EarlierChunkFrames { get; init; }

    public static WriterStart Create(IImageStore store, string name, ImageDescription description, ImageWriterOptions options)
    {
        options.Check();
        var hooks = options.Hooks;
        var split = hooks.SplitBytes ?? options.SplitBytes;
        var geometry = new ImageGeometry(description.Disk.Length, options.ChunkSize,
            hooks.ChunksPerRegion ?? ImageGeometry.ChooseChunksPerRegion(options.ChunkSize, split));
        if (geometry.Fault() is { } fault) throw new UsageException($"an image of this disk cannot be made: {fault}", "use a larger chunk size");
        var format = new DescriptionFormat(geometry, options.Codec, options.Level, options.Parent, description);

        Span<byte> id = stackalloc byte[16];
        hooks.Random(id);
        var imageId = new Guid(id, bigEndian: true);
        var features = FeaturesOf(options);
        MasterKey? master = null;
        var slot = KeySlot.None;
        if (options.Passphrase is { } passphrase)
            (master, slot) = MasterKey.Create(imageId, (ulong)features, passphrase.Span, options.KdfIterations, hooks.Random);
        var header = new ImageHeader
        {
            ImageId = imageId,
            Part = 1,
            Incompatible = (ulong)features,
            Compatible = (ulong)CompatibleFeatures.Checkpoints,
            Session = 0,
            SessionSalt = new byte[32],
            Keys = slot,
        };
        return Begin(store, name, header, master, format, AppendPosition.Start, [], options, null);
    }

    /// <summary>Opens a session with a fresh salt, appends header and description and a spare of each, and syncs.</summary>
    /// <param name="scan">Of the image that is gone on with; null for a new one.</param>
    public static WriterStart Begin(
        IImageStore store, string name, ImageHeader template, MasterKey? master, DescriptionFormat format, AppendPosition at,
        IReadOnlyList<(ushort Session, byte[] Salt)> earlier, ImageWriterOptions options, ImageScan? scan)
    {
        var salt = new byte[32];
        options.Hooks.Random(salt);
        var header = template with { Part = at.Part, Session = (ushort)(earlier.Count == 0 ? 1 : earlier.Max(s => s.Session) + 1), SessionSalt = salt };
        var keys = master is null ? null : new SessionKeys(master);
        foreach (var session in earlier) keys?.Add(session.Session, session.Salt);
        keys?.Add(header.Session, salt);

        var builder = new FrameBuilder();
        format.Write(builder);
        var split = options.Hooks.SplitBytes ?? options.SplitBytes;
        if (builder.PayloadLength > Math.Min(FormatLimits.MaxDescription, split / 4 ?? long.MaxValue))
            throw new UsageException($"the description of the disk takes {builder.PayloadLength} bytes, which is too much for a part of {split} bytes");
        var appender = new FrameAppender(store, name, header, keys?.NewCipher(header.Session), at, split, options.Hooks.NonceUsed);
        try
        {
            appender.AppendPadding();
            appender.AppendHeader();
            var descriptionAt = appender.Append(FrameType.Description, builder);
            appender.AppendPadding();
            format.Write(builder.Clear());
            appender.Append(FrameType.Description, builder);
            appender.Flush();
            var pages = new WrittenPages(store, name, format.Geometry, header.Seed, keys) { Earlier = scan?.Loose ?? new Dictionary<int, List<LooseChunk>>() };
            for (var region = 0; region < (scan?.Pages.Length ?? 0); region++) pages.RecordEarlier(region, scan!.Pages[region], scan.Copies[region]);
            return new WriterStart
            {
                Header = header,
                Description = format,
                DescriptionAt = descriptionAt,
                Appender = appender,
                Pages = pages,
                EarlierChunkFrames = scan?.ChunkFrames ?? 0,
                Keys = keys,
                Sessions = [.. earlier, (header.Session, salt)],
            };
        }
        catch
        {
            appender.Dispose();
            if (scan is null) TakeAway(store, name);
            throw;
        }
    }

    /// <summary>Of a new image that does not even have its beginning: nothing of the disk is in it, and it would be in the way of the next attempt.</summary>
    private static void TakeAway(IImageStore store, string name)
    {
        try
        {
            store.Delete(name);
        }
        catch (RescueKitException)
        {
            // What failed first is what has to be told.
        }
    }

    public void Dispose()
    {
        Pages.Dispose();
        Appender.Dispose();
        Keys?.Dispose();
    }

    /// <summary>For an image that was not completed; what is torn at its end is cut.</summary>
    public static WriterStart Resume(IImageStore store, string name, ImageDescription description, ImageWriterOptions options)
    {
        options.Check();
        using var parts = PartSet.Open(store, name);
        Func<ReadOnlyMemory<byte>>? passphrase = options.Passphrase is { } given ? () => given : null;
        if (new FooterOpener(parts, passphrase).TryOpen() is not null) throw new ImageMismatchException($"{name} is complete: there is nothing to resume");
        using var scan = ImageScan.Run(parts, passphrase);
        ResumeRules.Check(scan.Description!, description, options, name);
        for (var part = 1; part < parts.Highest; part++) parts.Part(part);
        if (scan.Sessions.Count >= FormatLimits.MaxSessions) throw new ImageMismatchException($"{name} has been resumed {scan.Sessions.Count} times: start a new image");

        var closed = parts.Parts.Where(part => part.Key < parts.Highest || scan.EndsWithTrailer).Select(part => part.Value.Length).ToList();
        var at = new AppendPosition(closed.Count + 1, scan.EndsWithTrailer ? 0 : scan.End, scan.NextSequence, closed);
        // A part whose first frame was torn holds nothing.
        if (at.Offset == 0 && !scan.EndsWithTrailer) store.Delete(PartNames.Of(name, at.Part));
        var format = scan.Description! with { Description = description };
        if (at.Offset > 0 && (options.Hooks.SplitBytes ?? options.SplitBytes) - at.Offset < SizeOf(format) && at.Part < FormatLimits.MaxParts)
        {
            // No room for another session: it begins in a part of its own, behind what is whole of this one.
            store.OpenAppend(PartNames.Of(name, at.Part), at.Offset).Dispose();
            at = new AppendPosition(at.Part + 1, 0, at.NextSequence, [.. closed, at.Offset]);
        }
        var sessions = scan.Sessions.Select(session => (session.Key, session.Value)).ToList();
        return Begin(store, name, scan.Header, KeyOpener.Open(scan.Header, passphrase, name), format, at, sessions, options, scan);
    }

    /// <summary>What a session's beginning takes, and the trailer that must fit behind it.</summary>
    private static long SizeOf(DescriptionFormat format)
    {
        var builder = new FrameBuilder();
        format.Write(builder);
        return 2 * (ImageHeader.FrameSize + FormatLimits.SpareDistance + FrameHeader.Total(builder.PayloadLength + FormatLimits.TagSize))
            + FrameHeader.Total(PartTrailerFormat.Size + FormatLimits.TagSize);
    }

    private static IncompatibleFeatures FeaturesOf(ImageWriterOptions options) =>
        (options.Passphrase is null ? 0 : IncompatibleFeatures.Encrypted)
        | (options.Codec == Codecs.CodecKind.Lz4 ? IncompatibleFeatures.Lz4 : 0)
        | (options.Codec == Codecs.CodecKind.Zstd ? IncompatibleFeatures.Zstd : 0)
        | (options.Parent is null ? 0 : IncompatibleFeatures.Parent);
}
