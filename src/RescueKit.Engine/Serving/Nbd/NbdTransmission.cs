using System.Buffers.Binary;
using System.Text;
using RescueKit.Model;

namespace RescueKit.Engine.Serving.Nbd;

/// <summary>
/// Answers a client's requests until it leaves (proto.md, "Transmission"). Several are under way at once, and answered in the order in which they are
/// ready. Large ones go in pieces, so that no connection holds more than a few buffers.
/// </summary>
internal sealed class NbdTransmission : IDisposable
{
    /// <summary>Bytes of a request that are read or written at once; a buffer has room for a reply's head before them.</summary>
    public const int PieceBytes = 256 << 10;

    public const int BufferBytes = Head + PieceBytes;

    /// <summary>Of one connection.</summary>
    private const int RequestsUnderWay = 16;

    /// <summary>The longest head of a reply (28 bytes), and so much that what follows is aligned.</summary>
    private const int Head = AlignedBuffer.Alignment;

    /// <summary>A range without data is worth telling apart from this size on, bytes.</summary>
    private const int SmallestHole = 64 << 10;

    /// <summary>Of one answer about which ranges hold data; a client asks on behind the last one.</summary>
    private const int MostDescriptors = 4096;

    private const long LongestStatus = 1L << 30;

    private readonly NbdWire _wire;
    private readonly NbdExport _export;
    private readonly NbdHandshake _agreed;
    private readonly BufferBudget _buffers;
    private readonly Action<string> _report;
    private readonly CancellationToken _stop;
    private readonly SemaphoreSlim _underWay = new(RequestsUnderWay);
    private readonly SemaphoreSlim _writing = new(1);
    private volatile bool _isBroken;

    /// <param name="report">Takes what a person should hear of: that something could not be read.</param>
    public NbdTransmission(NbdWire wire, NbdExport export, NbdHandshake agreed, BufferBudget buffers, Action<string> report, CancellationToken stop) =>
        (_wire, _export, _agreed, _buffers, _report, _stop) = (wire, export, agreed, buffers, report, stop);

    public async Task RunAsync()
    {
        var header = new byte[NbdProtocol.RequestLength];
        try
        {
            while (!_isBroken && await _wire.ReadAsync(header, mayWait: true).ConfigureAwait(false))
            {
                var request = Parse(header);
                if (request.Command == NbdCommand.Disconnect) break;
                await _underWay.WaitAsync(_stop).ConfigureAwait(false);
                // What is to be written follows its request on the wire: it has to be taken from there before the next one can be read.
                if (request.Command == NbdCommand.Write) await AnswerAsync(request).ConfigureAwait(false);
                else _ = Task.Run(() => AnswerAsync(request), CancellationToken.None);
            }
        }
        finally
        {
            for (var i = 0; i < RequestsUnderWay; i++) await _underWay.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _underWay.Dispose();
        _writing.Dispose();
    }

    private static NbdRequest Parse(byte[] header)
    {
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != NbdProtocol.RequestMagic) throw new NbdBrokenException("a request does not begin as one");
        return new NbdRequest((CommandFlags)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(4)), (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6)),
            BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8)), BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(16)), BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(24)));
    }

    private async Task AnswerAsync(NbdRequest request)
    {
        try
        {
            var fault = Fault(request);
            if (request.Command == NbdCommand.Write) await WriteAsync(request, fault).ConfigureAwait(false);
            else if (fault != NbdError.None) await RefuseAsync(request, fault, "the request is not allowed").ConfigureAwait(false);
            else if (request.Command == NbdCommand.Read) await ReadAsync(request).ConfigureAwait(false);
            else if (request.Command == NbdCommand.BlockStatus) await StatusAsync(request).ConfigureAwait(false);
            else await ChangeAsync(request).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NbdBrokenException or OperationCanceledException or ObjectDisposedException)
        {
            _isBroken = true;
            if (request.Command == NbdCommand.Write) throw;
            await _wire.DisposeAsync().ConfigureAwait(false); // whoever reads from it learns of it
        }
        finally
        {
            _underWay.Release();
        }
    }

    private NbdError Fault(NbdRequest request)
    {
        var length = (ulong)_export.Disk.Length;
        var isInside = request.Offset <= length && request.Length <= length - request.Offset;
        var (allowed, outside) = request.Command switch
        {
            NbdCommand.Read => (CommandFlags.DontFragment, NbdError.Invalid),
            NbdCommand.BlockStatus => (CommandFlags.OneExtent, NbdError.Invalid),
            NbdCommand.Write or NbdCommand.Trim => (CommandFlags.ForceUnitAccess, NbdError.NoSpace),
            NbdCommand.WriteZeroes => (CommandFlags.ForceUnitAccess | CommandFlags.NoHole, NbdError.NoSpace),
            NbdCommand.Flush => (CommandFlags.ForceUnitAccess, NbdError.None),
            _ => (CommandFlags.None, NbdError.Invalid),
        };
        if (request.Command is NbdCommand.Read or NbdCommand.BlockStatus or NbdCommand.Write && request.Length == 0) return NbdError.Invalid;
        if ((request.Flags & ~(allowed | CommandFlags.ForceUnitAccess)) != 0) return NbdError.Invalid;
        if (request.Command is NbdCommand.Read && request.Length > NbdProtocol.LargestRequest) return NbdError.Invalid;
        if (request.Command == NbdCommand.BlockStatus && !_agreed.HasAllocation) return NbdError.Invalid;
        if (request.Command is NbdCommand.Write or NbdCommand.Trim or NbdCommand.WriteZeroes && _export.Target is null) return NbdError.NotPermitted;
        if (request.Command is not (NbdCommand.Read or NbdCommand.BlockStatus or NbdCommand.Write or NbdCommand.Trim or NbdCommand.WriteZeroes or NbdCommand.Flush)) return NbdError.Invalid;
        return isInside || request.Command == NbdCommand.Flush ? NbdError.None : outside;
    }

    private async Task ReadAsync(NbdRequest request)
    {
        var range = new Extent((long)request.Offset, request.Length);
        if (_agreed.IsStructured && !request.Flags.HasFlag(CommandFlags.DontFragment))
        {
            var pieces = Pieces(range, Known(range)).ToList();
            for (var i = 0; i < pieces.Count; i++)
            {
                var isLast = i == pieces.Count - 1;
                if (pieces[i].IsHole) await HoleAsync(request, pieces[i].Range, isLast).ConfigureAwait(false);
                else if (!await PieceAsync(request, pieces[i].Range, isLast).ConfigureAwait(false)) return;
            }
            return;
        }
        await WholeAsync(request, range).ConfigureAwait(false);
    }

    /// <summary>A range in pieces that fit into a buffer, and in larger ones that hold no data.</summary>
    private static IEnumerable<(Extent Range, bool IsHole)> Pieces(Extent range, ExtentSet data)
    {
        var at = range.Offset;
        for (var i = 0; i < data.Count;)
        {
            var last = i;
            while (last + 1 < data.Count && data[last + 1].Offset - data[last].End < SmallestHole) last++;
            var (start, end) = (data[i].Offset - at < SmallestHole ? at : data[i].Offset, range.End - data[last].End < SmallestHole ? range.End : data[last].End);
            if (start > at) yield return (Extent.FromTo(at, start), true);
            for (; start < end; start = at)
            {
                at = Math.Min(end, start + PieceBytes);
                yield return (Extent.FromTo(start, at), false);
            }
            i = last + 1;
        }
        if (at < range.End) yield return (Extent.FromTo(at, range.End), true);
    }

    /// <summary>What holds data, as far as that can be told without failing.</summary>
    private ExtentSet Known(Extent range)
    {
        try
        {
            return _export.Disk.DataIn(range);
        }
        catch (RescueKitException)
        {
            return ExtentSet.Of(range); // reading it says what is wrong
        }
    }

    private async Task HoleAsync(NbdRequest request, Extent range, bool isLast)
    {
        var reply = Chunk(request, ReplyChunk.OffsetHole, 12, isLast);
        BinaryPrimitives.WriteInt64BigEndian(reply.AsSpan(NbdProtocol.StructuredReplyLength), range.Offset);
        BinaryPrimitives.WriteUInt32BigEndian(reply.AsSpan(NbdProtocol.StructuredReplyLength + 8), (uint)range.Length);
        await SendAsync(reply).ConfigureAwait(false);
    }

    /// <returns>False where it could not be read, which has been said.</returns>
    private async Task<bool> PieceAsync(NbdRequest request, Extent range, bool isLast)
    {
        var buffer = await _buffers.TakeAsync(_stop).ConfigureAwait(false);
        try
        {
            if (TryRead(buffer, range) is { } failure)
            {
                await RefuseAsync(request, failure.Error, failure.Message, range.Offset).ConfigureAwait(false);
                return false;
            }
            const int head = NbdProtocol.StructuredReplyLength + 8;
            WriteChunkHead(buffer.Span[(Head - head)..], request, ReplyChunk.OffsetData, 8 + (int)range.Length, isLast);
            BinaryPrimitives.WriteInt64BigEndian(buffer.Span[(Head - 8)..], range.Offset);
            await SendAsync(buffer.Memory.Slice(Head - head, head + (int)range.Length)).ConfigureAwait(false);
            return true;
        }
        finally
        {
            _buffers.Return(buffer);
        }
    }

    /// <summary>
    /// One reply for all of a request. Its head says that it succeeded before the last piece is read: a failure behind the first one can only be said by
    /// ending the connection.
    /// </summary>
    private async Task WholeAsync(NbdRequest request, Extent range)
    {
        var buffer = await _buffers.TakeAsync(_stop).ConfigureAwait(false);
        try
        {
            var first = new Extent(range.Offset, Math.Min(range.Length, PieceBytes));
            if (TryRead(buffer, first) is { } failure)
            {
                await RefuseAsync(request, failure.Error, failure.Message, first.Offset).ConfigureAwait(false);
                return;
            }
            var head = _agreed.IsStructured ? NbdProtocol.StructuredReplyLength + 8 : NbdProtocol.SimpleReplyLength;
            if (_agreed.IsStructured)
            {
                WriteChunkHead(buffer.Span[(Head - head)..], request, ReplyChunk.OffsetData, 8 + (int)range.Length, isLast: true);
                BinaryPrimitives.WriteInt64BigEndian(buffer.Span[(Head - 8)..], range.Offset);
            }
            else
            {
                WriteSimpleHead(buffer.Span[(Head - head)..], request, NbdError.None);
            }
            await _writing.WaitAsync(_stop).ConfigureAwait(false);
            try
            {
                await _wire.WriteAsync(buffer.Memory.Slice(Head - head, head + (int)first.Length)).ConfigureAwait(false);
                for (var at = first.End; at < range.End;)
                {
                    var piece = new Extent(at, Math.Min(range.End - at, PieceBytes));
                    if (TryRead(buffer, piece) is { } later) throw new NbdBrokenException(later.Message);
                    await _wire.WriteAsync(buffer.Memory.Slice(Head, (int)piece.Length)).ConfigureAwait(false);
                    at = piece.End;
                }
            }
            finally
            {
                _writing.Release();
            }
        }
        finally
        {
            _buffers.Return(buffer);
        }
    }

    private (NbdError Error, string Message)? TryRead(AlignedBuffer buffer, Extent range) =>
        Try(() => _export.Disk.Read(range.Offset, buffer.Span.Slice(Head, (int)range.Length)));

    /// <summary>All of it is taken from the wire, whatever becomes of it.</summary>
    private async Task WriteAsync(NbdRequest request, NbdError fault)
    {
        (NbdError Error, string Message)? failure = fault == NbdError.None ? null : (fault, "the request is not allowed");
        if (request.Length > NbdProtocol.LargestRequest) throw new NbdBrokenException($"{request.Length} bytes to be written at once");
        var buffer = await _buffers.TakeAsync(_stop).ConfigureAwait(false);
        try
        {
            for (long at = 0; at < request.Length;)
            {
                var length = (int)Math.Min(request.Length - at, PieceBytes);
                await _wire.ReadAsync(buffer.Memory.Slice(Head, length)).ConfigureAwait(false);
                var offset = (long)request.Offset + at;
                failure ??= Try(() => _export.Target!.Write(offset, buffer.Span.Slice(Head, length)));
                at += length;
            }
        }
        finally
        {
            _buffers.Return(buffer);
        }
        if (failure is null && request.Flags.HasFlag(CommandFlags.ForceUnitAccess)) failure = Try(() => _export.Target!.Flush());
        await DoneAsync(request, failure).ConfigureAwait(false);
    }

    private Task ChangeAsync(NbdRequest request)
    {
        var range = new Extent((long)request.Offset, request.Length);
        return DoneAsync(request, Try(() =>
        {
            switch (request.Command)
            {
                case NbdCommand.Trim:
                    _export.Target!.Discard(range);
                    break;
                case NbdCommand.WriteZeroes:
                    _export.Target!.WriteZeros(range);
                    break;
            }
            if (request.Command == NbdCommand.Flush || request.Flags.HasFlag(CommandFlags.ForceUnitAccess)) _export.Target?.Flush();
        }));
    }

    private async Task StatusAsync(NbdRequest request)
    {
        var range = new Extent((long)request.Offset, Math.Min(request.Length, LongestStatus));
        var descriptors = new List<(long Length, AllocationState State)>();
        if (Try(() => Describe(range, _export.Disk.DataIn(range), request.Flags.HasFlag(CommandFlags.OneExtent) ? 1 : MostDescriptors, descriptors)) is { } failure)
        {
            await RefuseAsync(request, failure.Error, failure.Message).ConfigureAwait(false);
            return;
        }
        var reply = Chunk(request, ReplyChunk.BlockStatus, 4 + 8 * descriptors.Count, isLast: true);
        WriteDescriptors(reply.AsSpan(NbdProtocol.StructuredReplyLength), descriptors);
        await SendAsync(reply).ConfigureAwait(false);
    }

    private static void WriteDescriptors(Span<byte> body, List<(long Length, AllocationState State)> descriptors)
    {
        BinaryPrimitives.WriteUInt32BigEndian(body, NbdProtocol.AllocationContextId);
        for (var i = 0; i < descriptors.Count; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body[(4 + 8 * i)..], (uint)descriptors[i].Length);
            BinaryPrimitives.WriteUInt32BigEndian(body[(8 + 8 * i)..], (uint)descriptors[i].State);
        }
    }

    private static void Describe(Extent range, ExtentSet data, int most, List<(long Length, AllocationState State)> descriptors)
    {
        var at = range.Offset;
        foreach (var extent in data)
        {
            Add(extent.Offset, AllocationState.Hole | AllocationState.Zero);
            Add(extent.End, AllocationState.Data);
        }
        Add(range.End, AllocationState.Hole | AllocationState.Zero);

        void Add(long end, AllocationState state)
        {
            if (end == at || descriptors.Count == most) return;
            descriptors.Add((end - at, state));
            at = end;
        }
    }

    /// <summary>Does something to the disk; what a client is told where it failed, null where it did not.</summary>
    private (NbdError Error, string Message)? Try(Action what)
    {
        try
        {
            what();
            return null;
        }
        catch (RescueKitException e)
        {
            _report(e.Message);
            return (e is NoSpaceException ? NbdError.NoSpace : NbdError.InputOutput, e.Message);
        }
    }

    private Task DoneAsync(NbdRequest request, (NbdError Error, string Message)? failure) => failure is { } failed
        ? RefuseAsync(request, failed.Error, failed.Message)
        : _agreed.IsStructured ? SendAsync(Chunk(request, ReplyChunk.None, 0, isLast: true)) : SendAsync(Simple(request, NbdError.None));

    /// <param name="offset">Where the failure is, on the disk; null where it is no matter of a place.</param>
    private Task RefuseAsync(NbdRequest request, NbdError error, string message, long? offset = null)
    {
        if (!_agreed.IsStructured) return SendAsync(Simple(request, error));
        var text = Encoding.UTF8.GetBytes(message)[..Math.Min(Encoding.UTF8.GetByteCount(message), NbdProtocol.LongestName)];
        var reply = Chunk(request, offset is null ? ReplyChunk.Error : ReplyChunk.ErrorOffset, 6 + text.Length + (offset is null ? 0 : 8), isLast: true);
        var body = reply.AsSpan(NbdProtocol.StructuredReplyLength);
        BinaryPrimitives.WriteUInt32BigEndian(body, (uint)error);
        BinaryPrimitives.WriteUInt16BigEndian(body[4..], (ushort)text.Length);
        text.CopyTo(body[6..]);
        if (offset is { } place) BinaryPrimitives.WriteInt64BigEndian(body[(6 + text.Length)..], place);
        return SendAsync(reply);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> reply)
    {
        await _writing.WaitAsync(_stop).ConfigureAwait(false);
        try
        {
            await _wire.WriteAsync(reply).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private static byte[] Simple(NbdRequest request, NbdError error)
    {
        var reply = new byte[NbdProtocol.SimpleReplyLength];
        WriteSimpleHead(reply, request, error);
        return reply;
    }

    private static byte[] Chunk(NbdRequest request, ReplyChunk kind, int length, bool isLast)
    {
        var reply = new byte[NbdProtocol.StructuredReplyLength + length];
        WriteChunkHead(reply, request, kind, length, isLast);
        return reply;
    }

    private static void WriteSimpleHead(Span<byte> head, NbdRequest request, NbdError error)
    {
        BinaryPrimitives.WriteUInt32BigEndian(head, NbdProtocol.SimpleReplyMagic);
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], (uint)error);
        BinaryPrimitives.WriteUInt64BigEndian(head[8..], request.Cookie);
    }

    private static void WriteChunkHead(Span<byte> head, NbdRequest request, ReplyChunk kind, int length, bool isLast)
    {
        BinaryPrimitives.WriteUInt32BigEndian(head, NbdProtocol.StructuredReplyMagic);
        BinaryPrimitives.WriteUInt16BigEndian(head[4..], isLast ? (ushort)1 : (ushort)0);
        BinaryPrimitives.WriteUInt16BigEndian(head[6..], (ushort)kind);
        BinaryPrimitives.WriteUInt64BigEndian(head[8..], request.Cookie);
        BinaryPrimitives.WriteInt32BigEndian(head[16..], length);
    }
}
