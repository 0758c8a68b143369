using RescueKit.Engine.Pipelines;
using RescueKit.Model;

namespace RescueKit.Engine.Receipts;

/// <summary>What a run notes down on its way, until it becomes a receipt.</summary>
/// <param name="meter">Has counted what was read.</param>
internal sealed class ReceiptDraft(string operation, DateTimeOffset startedAt, ProgressMeter meter)
{
    /// <summary>A disk that is bad all over has millions of ranges; the image has them all.</summary>
    private const int MostRanges = 10_000;

    public static string Tool { get; } = $"RescueKit {ProgramVersion.Number}";

    public string? Source { get; set; }
    public string? Target { get; set; }
    public Guid? ImageId { get; set; }
    public string? RootDigest { get; set; }
    public long BytesWritten { get; set; }
    public long BytesStored { get; set; }
    public long BytesVerified { get; set; }
    public long BytesExcluded { get; set; }
    public int Parts { get; set; }
    public ExtentSet Unreadable { get; set; } = ExtentSet.Empty;
    public Func<long, int?> PartitionAt { get; set; } = _ => null;
    public IReadOnlyList<PlanItem> Partitions { get; set; } = [];
    public List<string> Warnings { get; } = [];

    /// <summary>What a run had to leave out, though it was not told to; a sentence each.</summary>
    public List<string> Skipped { get; } = [];
    public string? MetadataBefore { get; set; }
    public string? MetadataAfter { get; set; }
    public HotRecord? Hot { get; set; }

    /// <summary>Set by a run that came to its end and found its object wanting; null where all is well.</summary>
    public ImageException? Finding { get; set; }

    public Receipt Finish(DateTimeOffset finishedAt) => (Finding, Unreadable.IsEmpty && Skipped.Count == 0) switch
    {
        ({ } finding, _) => Fail(finding, finishedAt),
        (null, true) => Make("complete", ExitCodes.Done, null, finishedAt),
        (null, false) => Make("complete with losses", ExitCodes.DoneWithLosses, null, finishedAt),
    };

    public Receipt Fail(Exception e, DateTimeOffset finishedAt) =>
        Make("failed", ExitCodes.Of(e), e.Message, finishedAt) with { Cancelled = e is OperationCanceledException };

    private Receipt Make(string verdict, int exitCode, string? error, DateTimeOffset finishedAt)
    {
        List<string> warnings = [.. Warnings];
        if (Unreadable.Count > MostRanges) warnings.Add($"Only the first {MostRanges} of {Unreadable.Count} unreadable ranges are listed.");
        return new Receipt
        {
            Operation = operation,
            Verdict = verdict,
            ToolVersion = Tool,
            StartedAt = startedAt,
            FinishedAt = finishedAt,
            Source = Source,
            Target = Target,
            ImageId = ImageId,
            RootDigest = RootDigest,
            BytesRead = meter.ReadBytes,
            BytesWritten = BytesWritten,
            BytesStored = BytesStored,
            BytesVerified = BytesVerified,
            BytesUnreadable = Unreadable.TotalLength,
            BytesExcluded = BytesExcluded,
            Parts = Parts,
            Unreadable = [.. Unreadable.Take(MostRanges).Select(e => new UnreadableRange(e.Offset, e.Length, PartitionAt(e.Offset)))],
            Partitions = Partitions,
            Warnings = warnings,
            Skipped = [.. Skipped],
            SourceMetadataBefore = MetadataBefore,
            SourceMetadataAfter = MetadataAfter,
            Hot = Hot,
            Error = error,
            ExitCode = exitCode,
        };
    }
}
