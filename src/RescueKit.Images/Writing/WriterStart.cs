using RescueKit.Images.Codecs;
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

    /// <exception cref="SafetyException">There is a file of that name, or with the name of one of its parts.</exception>
    public static WriterStart Create(IImageStore store, string name, ImageDescription description, ImageWriterOptions options)
    {
        if (PartNames.Present(store, name) is [var inTheWay, ..])
            throw new SafetyException($"{inTheWay.Name} exists already in {store.Location}", "choose another name; nothing is ever written over an image");
        return Create(store, name, null, description, options);
    }

    /// <param name="first">The first part, of which nothing is kept; null where there is none yet.</param>
    private static WriterStart Create(IImageStore store, string name, IPartWriter? first, ImageDescription description, ImageWriterOptions options)
    {
        options.Check();
        var hooks = options.Hooks;
        var chunkSize = options.ChunkSize ?? ImageLimits.DefaultChunkSize;
        var geometry = new ImageGeometry(description.Disk.Length, chunkSize,
            hooks.ChunksPerRegion ?? ImageGeometry.ChooseChunksPerRegion(chunkSize, hooks.SplitBytes ?? options.SplitBytes));
        if (geometry.Fault() is { } fault) throw new UsageException($"an image of this disk cannot be made: {fault}", "use a larger chunk size");
        var codec = options.Codec ?? CodecKind.Lz4;
        var format = new DescriptionFormat(geometry, codec, options.Level, options.Parent, description);

        Span<byte> id = stackalloc byte[16];
        hooks.Random(id);
        var imageId = new Guid(id, bigEndian: true);
        var features = FeaturesOf(codec, options);
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
        return Begin(store, name, first, header, master, format, AppendPosition.Start, [], options, null);
    }

    /// <summary>Opens a session with a fresh salt, appends header and description and a spare of each, and syncs.</summary>
    /// <param name="first">The first part; null where there is none yet.</param>
    /// <param name="scan">Of the image that is gone on with; null for a new one.</param>
    private static WriterStart Begin(
        IImageStore store, string name, IPartWriter? first, ImageHeader template, MasterKey? master, DescriptionFormat format, AppendPosition at,
        List<(ushort Session, byte[] Salt)> earlier, ImageWriterOptions options, ImageScan? scan)
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
        first ??= store.Create(name);
        FrameAppender? appender = null;
        try
        {
            appender = new FrameAppender(store, name, first, header, keys?.NewCipher(header.Session), at, split, options.Hooks);
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
            try
            {
                // Before the file is let go: from then on it may be another run's.
                if (scan is null) TakeAway(store, name);
            }
            finally
            {
                appender?.Dispose();
                first.Dispose();
            }
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

    /// <summary>For an image that was not completed; what is torn at its end is cut. One that got no further than its first frames begins anew.</summary>
    public static WriterStart Resume(IImageStore store, string name, ImageDescription description, ImageWriterOptions options)
    {
        // Held before anything is looked at, or another run could still append to what was found here to be the end.
        var first = store.OpenAppend(name);
        try
        {
            using var parts = PartSet.Open(store, name);
            if (WasOnlyBegun(parts))
            {
                ResumeRules.CheckStart(parts, options);
                return Create(store, name, first, description, options);
            }
            Func<ReadOnlyMemory<byte>>? passphrase = options.Passphrase is { } given ? () => given : null;
            if (new FooterOpener(parts, passphrase).TryOpen() is not null) throw new ImageMismatchException($"{name} is complete: there is nothing to resume");
            using var scan = ImageScan.Run(parts, passphrase);
            ResumeRules.Check(scan.Header, scan.Description!, description, options, name);
            ResumeRules.CheckFiles(parts);
            if (scan.Sessions.Count >= FormatLimits.MaxSessions) throw new ImageMismatchException($"{name} has been resumed {scan.Sessions.Count} times: start a new image");
            var format = scan.Description! with { Description = description, Level = options.Level ?? scan.Description!.Level };
            (options with { ChunkSize = format.Geometry.ChunkSize }).Check();
            var at = new ResumePosition(store, parts, scan, first).Find(format, options.Hooks.SplitBytes ?? options.SplitBytes);
            var sessions = scan.Sessions.Select(session => (Session: session.Key, Salt: session.Value)).ToList();
            return Begin(store, name, first, scan.Header, KeyOpener.Open(scan.Header, passphrase, name), format, at, sessions, options, scan);
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    /// <summary>True where the disk filled up, or the power failed, before the image's description was stored: nothing else is in the file.</summary>
    private static bool WasOnlyBegun(PartSet parts) => parts.Highest == 0
        ? parts.Blanks.Contains(1)
        : parts.Parts.Count == 1 && parts.Parts.TryGetValue(1, out var part) && part.Name == parts.Name && FrameWalker.IsTornStart(part);

    private static IncompatibleFeatures FeaturesOf(CodecKind codec, ImageWriterOptions options) =>
        (options.Passphrase is null ? 0 : IncompatibleFeatures.Encrypted)
        | (codec == CodecKind.Lz4 ? IncompatibleFeatures.Lz4 : 0)
        | (codec == CodecKind.Zstd ? IncompatibleFeatures.Zstd : 0)
        | (options.Parent is null ? 0 : IncompatibleFeatures.Parent);
}
