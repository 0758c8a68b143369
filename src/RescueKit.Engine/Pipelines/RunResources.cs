namespace RescueKit.Engine.Pipelines;

/// <summary>How much of the machine a run uses; and its clock, so that tests need not wait.</summary>
internal sealed record RunResources
{
    /// <summary>At least four, so that a device always has several requests before it while others are being compressed.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount + 2, 4, 32);

    /// <summary>Bytes of one request, and of each worker's buffer; a larger chunk makes it larger.</summary>
    public int RequestBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of chunks that may be under way at once.</summary>
    public int InFlightBytes { get; init; } = 24 << 20;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public int JobBytes(int chunkSize) => Math.Max(RequestBytes, chunkSize);

    public int JobsInFlight(int chunkSize) => Math.Max(Workers + 2, InFlightBytes / JobBytes(chunkSize));
}
