namespace RescueKit.Engine.Serving.Nbd;

/// <summary>Numbers of the Network Block Device protocol, all of them big-endian on the wire (NetworkBlockDevice/nbd, doc/proto.md).</summary>
internal static class NbdProtocol
{
    public const ulong Magic = 0x4e42444d41474943; // "NBDMAGIC"
    public const ulong OptionMagic = 0x49484156454F5054; // "IHAVEOPT"
    public const ulong OptionReplyMagic = 0x3e889045565a9;
    public const uint RequestMagic = 0x25609513;
    public const uint SimpleReplyMagic = 0x67446698;
    public const uint StructuredReplyMagic = 0x668e33ef;

    public const int RequestLength = 28;
    public const int SimpleReplyLength = 16;
    public const int StructuredReplyLength = 20;

    /// <summary>Of one request, bytes: what the protocol has every client keep to that was told no other limit.</summary>
    public const int LargestRequest = 32 << 20;

    /// <summary>Bytes (proto.md, "Values": strings).</summary>
    public const int LongestName = 4096;

    /// <summary>The only meta context that there is here, and its number within a connection.</summary>
    public const string AllocationContext = "base:allocation";
    public const uint AllocationContextId = 1;
}

/// <summary>What a server says of itself first, and a client in answer.</summary>
[Flags]
internal enum HandshakeFlags : uint
{
    FixedNewstyle = 1,
    NoZeroes = 2,
}

internal enum NbdOption : uint
{
    ExportName = 1,
    Abort = 2,
    List = 3,
    StartTls = 5,
    Info = 6,
    Go = 7,
    StructuredReply = 8,
    ListMetaContext = 9,
    SetMetaContext = 10,
}

internal enum OptionReply : uint
{
    Ack = 1,
    Server = 2,
    Info = 3,
    MetaContext = 4,
    Unsupported = 1u << 31 | 1,
    Invalid = 1u << 31 | 3,
    TlsRequired = 1u << 31 | 5,
    Unknown = 1u << 31 | 6,
}

internal enum InfoKind : ushort
{
    Export = 0,
    Name = 1,
    Description = 2,
    BlockSize = 3,
}

[Flags]
internal enum ExportFlags : ushort
{
    HasFlags = 1,
    ReadOnly = 1 << 1,
    SendFlush = 1 << 2,
    SendFua = 1 << 3,
    SendTrim = 1 << 5,
    SendWriteZeroes = 1 << 6,
    SendDontFragment = 1 << 7,
    CanMultiConnect = 1 << 8,
}

internal enum NbdCommand : ushort
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    Trim = 4,
    WriteZeroes = 6,
    BlockStatus = 7,
}

[Flags]
internal enum CommandFlags : ushort
{
    None = 0,
    ForceUnitAccess = 1,
    NoHole = 1 << 1,
    DontFragment = 1 << 2,
    OneExtent = 1 << 3,
}

internal enum ReplyChunk : ushort
{
    None = 0,
    OffsetData = 1,
    OffsetHole = 2,
    BlockStatus = 5,
    Error = 1 << 15 | 1,
    ErrorOffset = 1 << 15 | 2,
}

internal enum NbdError : uint
{
    None = 0,
    NotPermitted = 1,
    InputOutput = 5,
    Invalid = 22,
    NoSpace = 28,
}

[Flags]
internal enum AllocationState : uint
{
    Data = 0,
    Hole = 1,
    Zero = 2,
}

/// <summary>A client's request.</summary>
internal readonly record struct NbdRequest(CommandFlags Flags, NbdCommand Command, ulong Cookie, ulong Offset, uint Length);
