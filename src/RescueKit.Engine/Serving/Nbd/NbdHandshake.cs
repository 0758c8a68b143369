using System.Buffers.Binary;
using System.Text;

namespace RescueKit.Engine.Serving.Nbd;

/// <summary>Agrees with a client on what it gets, and how it is told (proto.md, "Fixed newstyle negotiation").</summary>
/// <param name="tls">Null for none; where there is one, nothing is told before it is in use.</param>
internal sealed class NbdHandshake(NbdWire wire, NbdExport export, NbdTls? tls)
{
    /// <summary>Of an option, bytes: a name and a few contexts; a client that sends more means no good.</summary>
    private const int LongestOption = 32 << 10;

    private const int MostOptions = 100;

    private bool _hasContext;

    /// <summary>Whether replies may come in chunks.</summary>
    public bool IsStructured { get; private set; }

    /// <summary>Whether the client may ask which ranges hold data.</summary>
    public bool HasAllocation => IsStructured && _hasContext;

    /// <returns>False where the client wants nothing more.</returns>
    public async Task<bool> RunAsync()
    {
        var hello = new byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(hello, NbdProtocol.Magic);
        BinaryPrimitives.WriteUInt64BigEndian(hello.AsSpan(8), NbdProtocol.OptionMagic);
        BinaryPrimitives.WriteUInt16BigEndian(hello.AsSpan(16), (ushort)(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes));
        await wire.WriteAsync(hello).ConfigureAwait(false);
        var flags = (HandshakeFlags)await wire.ReadUInt32Async().ConfigureAwait(false);
        if ((flags & ~(HandshakeFlags.FixedNewstyle | HandshakeFlags.NoZeroes)) != 0) throw new NbdBrokenException($"unknown flags {flags}");
        var header = new byte[16];
        for (var options = 0; options < MostOptions; options++)
        {
            await wire.ReadAsync(header).ConfigureAwait(false);
            if (BinaryPrimitives.ReadUInt64BigEndian(header) != NbdProtocol.OptionMagic) throw new NbdBrokenException("an option does not begin with IHAVEOPT");
            var option = (NbdOption)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8));
            var length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12));
            if (length > LongestOption) throw new NbdBrokenException($"an option of {length} bytes");
            var data = new byte[length];
            await wire.ReadAsync(data).ConfigureAwait(false);
            if (option == NbdOption.ExportName)
            {
                await ExportNameAsync(data, flags).ConfigureAwait(false);
                return true;
            }
            switch (await AnswerAsync(option, data).ConfigureAwait(false))
            {
                case Next.Transmission: return true;
                case Next.End: return false;
            }
        }
        throw new NbdBrokenException("options without end");
    }

    private enum Next { Option, Transmission, End }

    private async Task<Next> AnswerAsync(NbdOption option, byte[] data)
    {
        if (tls is not null && !wire.IsEncrypted && option is not (NbdOption.StartTls or NbdOption.Abort))
        {
            await RefuseAsync(option, OptionReply.TlsRequired, "this server is spoken to with TLS only").ConfigureAwait(false);
            return Next.Option;
        }
        switch (option)
        {
            case NbdOption.Abort:
                await ReplyAsync(option, OptionReply.Ack).ConfigureAwait(false);
                return Next.End;
            case NbdOption.StartTls:
                await StartTlsAsync(data).ConfigureAwait(false);
                return Next.Option;
            case NbdOption.List:
                await ListAsync(data).ConfigureAwait(false);
                return Next.Option;
            case NbdOption.StructuredReply when data.Length == 0:
                IsStructured = true;
                await ReplyAsync(option, OptionReply.Ack).ConfigureAwait(false);
                return Next.Option;
            case NbdOption.StructuredReply:
                await RefuseAsync(option, OptionReply.Invalid, "this option has no data").ConfigureAwait(false);
                return Next.Option;
            case NbdOption.Info or NbdOption.Go:
                return await InfoAsync(option, data).ConfigureAwait(false) && option == NbdOption.Go ? Next.Transmission : Next.Option;
            case NbdOption.ListMetaContext or NbdOption.SetMetaContext:
                await ContextsAsync(option, data).ConfigureAwait(false);
                return Next.Option;
            default:
                await RefuseAsync(option, OptionReply.Unsupported, "not known here").ConfigureAwait(false);
                return Next.Option;
        }
    }

    /// <summary>The oldest way to begin, which has no way to be refused but the end of the connection.</summary>
    private async Task ExportNameAsync(byte[] name, HandshakeFlags flags)
    {
        if (tls is not null && !wire.IsEncrypted) throw new NbdBrokenException("an export is asked for without TLS");
        if (!export.HasName(name)) throw new NbdBrokenException("an unknown export is asked for");
        var reply = new byte[flags.HasFlag(HandshakeFlags.NoZeroes) ? 10 : 134];
        BinaryPrimitives.WriteInt64BigEndian(reply, export.Disk.Length);
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(8), (ushort)export.Flags(IsStructured));
        await wire.WriteAsync(reply).ConfigureAwait(false);
    }

    private async Task StartTlsAsync(byte[] data)
    {
        if (tls is null)
        {
            await RefuseAsync(NbdOption.StartTls, OptionReply.Unsupported, "this server has no certificate").ConfigureAwait(false);
        }
        else if (wire.IsEncrypted || data.Length > 0)
        {
            await RefuseAsync(NbdOption.StartTls, OptionReply.Invalid, "TLS is in use already, or the option has data").ConfigureAwait(false);
        }
        else
        {
            await ReplyAsync(NbdOption.StartTls, OptionReply.Ack).ConfigureAwait(false);
            await wire.EncryptAsync(tls).ConfigureAwait(false);
            (IsStructured, _hasContext) = (false, false); // what was agreed on before may have come from anybody
        }
    }

    private async Task ListAsync(byte[] data)
    {
        if (data.Length > 0)
        {
            await RefuseAsync(NbdOption.List, OptionReply.Invalid, "this option has no data").ConfigureAwait(false);
            return;
        }
        await ReplyAsync(NbdOption.List, OptionReply.Server, [.. Sized(export.Name), .. Encoding.UTF8.GetBytes(export.Description)]).ConfigureAwait(false);
        await ReplyAsync(NbdOption.List, OptionReply.Ack).ConfigureAwait(false);
    }

    /// <returns>False where it was refused.</returns>
    private async Task<bool> InfoAsync(NbdOption option, byte[] data)
    {
        var rest = data.AsMemory();
        if (!TakeString(ref rest, out var name) || rest.Length < 2 || rest.Length != 2 + 2 * BinaryPrimitives.ReadUInt16BigEndian(rest.Span))
        {
            await RefuseAsync(option, OptionReply.Invalid, "its lengths do not fit together").ConfigureAwait(false);
            return false;
        }
        if (!export.HasName(name.Span))
        {
            await RefuseAsync(option, OptionReply.Unknown, $"the only export is '{export.Name}'").ConfigureAwait(false);
            return false;
        }
        var wanted = new HashSet<InfoKind>();
        for (rest = rest[2..]; rest.Length > 0; rest = rest[2..]) wanted.Add((InfoKind)BinaryPrimitives.ReadUInt16BigEndian(rest.Span));
        if (wanted.Contains(InfoKind.Name)) await InfoAsync(option, InfoKind.Name, Encoding.UTF8.GetBytes(export.Name)).ConfigureAwait(false);
        if (wanted.Contains(InfoKind.Description)) await InfoAsync(option, InfoKind.Description, Encoding.UTF8.GetBytes(export.Description)).ConfigureAwait(false);
        var sizes = new byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(sizes, 1);
        BinaryPrimitives.WriteUInt32BigEndian(sizes.AsSpan(4), 4096);
        BinaryPrimitives.WriteUInt32BigEndian(sizes.AsSpan(8), NbdProtocol.LargestRequest);
        await InfoAsync(option, InfoKind.BlockSize, sizes).ConfigureAwait(false);
        var about = new byte[10];
        BinaryPrimitives.WriteInt64BigEndian(about, export.Disk.Length);
        BinaryPrimitives.WriteUInt16BigEndian(about.AsSpan(8), (ushort)export.Flags(IsStructured));
        await InfoAsync(option, InfoKind.Export, about).ConfigureAwait(false);
        await ReplyAsync(option, OptionReply.Ack).ConfigureAwait(false);
        return true;
    }

    private Task InfoAsync(NbdOption option, InfoKind kind, byte[] data) => ReplyAsync(option, OptionReply.Info, [(byte)((ushort)kind >> 8), (byte)kind, .. data]);

    private async Task ContextsAsync(NbdOption option, byte[] data)
    {
        if (option == NbdOption.SetMetaContext) _hasContext = false; // each replaces what was set before
        var rest = data.AsMemory();
        var queries = new List<string>();
        if (!TakeString(ref rest, out var name) || !TakeQueries(rest, queries) || (option == NbdOption.SetMetaContext && !IsStructured))
        {
            await RefuseAsync(option, OptionReply.Invalid, "its lengths do not fit together, or structured replies were not asked for").ConfigureAwait(false);
            return;
        }
        if (!export.HasName(name.Span))
        {
            await RefuseAsync(option, OptionReply.Unknown, $"the only export is '{export.Name}'").ConfigureAwait(false);
            return;
        }
        var isList = option == NbdOption.ListMetaContext;
        if (queries.Contains(NbdProtocol.AllocationContext) || (isList && (queries.Count == 0 || queries.Contains("base:"))))
        {
            if (!isList) _hasContext = true;
            var id = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(id, isList ? 0 : NbdProtocol.AllocationContextId);
            await ReplyAsync(option, OptionReply.MetaContext, [.. id, .. Encoding.UTF8.GetBytes(NbdProtocol.AllocationContext)]).ConfigureAwait(false);
        }
        await ReplyAsync(option, OptionReply.Ack).ConfigureAwait(false);
    }

    private static bool TakeQueries(Memory<byte> rest, List<string> queries)
    {
        if (rest.Length < 4) return false;
        var count = BinaryPrimitives.ReadUInt32BigEndian(rest.Span);
        rest = rest[4..];
        for (; count > 0; count--)
        {
            if (!TakeString(ref rest, out var query)) return false;
            queries.Add(Encoding.UTF8.GetString(query.Span));
        }
        return rest.IsEmpty;
    }

    private static bool TakeString(ref Memory<byte> rest, out Memory<byte> text)
    {
        text = default;
        if (rest.Length < 4) return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(rest.Span);
        if (length > NbdProtocol.LongestName || length > rest.Length - 4) return false;
        text = rest.Slice(4, (int)length);
        rest = rest[(4 + (int)length)..];
        return true;
    }

    private static byte[] Sized(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var sized = new byte[4 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(sized, bytes.Length);
        bytes.CopyTo(sized, 4);
        return sized;
    }

    private Task RefuseAsync(NbdOption option, OptionReply why, string message) => ReplyAsync(option, why, Encoding.UTF8.GetBytes(message));

    private async Task ReplyAsync(NbdOption option, OptionReply reply, byte[]? data = null)
    {
        var bytes = new byte[20 + (data?.Length ?? 0)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, NbdProtocol.OptionReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), (uint)option);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), (uint)reply);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), data?.Length ?? 0);
        data?.CopyTo(bytes, 20);
        await wire.WriteAsync(bytes).ConfigureAwait(false);
    }
}
