using System.Text.Json;

namespace RescueKit.Agent.Protocol;

/// <summary>A line from a client (PROTOCOL.md).</summary>
internal sealed record CallMessage
{
    public required long Id { get; init; }
    public required string Call { get; init; }
    public JsonElement? Arguments { get; init; }
}

/// <summary>A line from the host.</summary>
internal sealed record AnswerMessage
{
    /// <summary>Null for a line that was no call.</summary>
    public long? Id { get; init; }
    public JsonElement? Result { get; init; }
    public Problem? Error { get; init; }
}

/// <summary>What simple calls take; each uses some of it.</summary>
internal sealed record CallArguments
{
    public string? Place { get; init; }
    public string? Container { get; init; }
    public string? Folder { get; init; }
    public string? Path { get; init; }
    public string? Passphrase { get; init; }
    public int? Partition { get; init; }
    public string? Files { get; init; }
    public string? Behind { get; init; }
    public string? Text { get; init; }
    public int? Run { get; init; }
    public string? Confirm { get; init; }
    public long? After { get; init; }
    public string? Remedy { get; init; }
    public string? Layout { get; init; }
    public PowerAction? Action { get; init; }
    public string? Job { get; init; }
}

/// <summary>Answer to `start_job`.</summary>
internal sealed record JobStarted(int Number);

/// <summary>Answer to `hello`.</summary>
internal sealed record HelloResult(string Version, int Protocol);
