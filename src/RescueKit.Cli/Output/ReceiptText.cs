using RescueKit.Engine;
using RescueKit.Engine.Texts;

namespace RescueKit.Cli.Output;

/// <summary>How a run ended, in a few lines.</summary>
internal static class ReceiptText
{
    private const int MostRanges = 20;

    public static void Write(TextWriter to, Receipt receipt)
    {
        var took = receipt.FinishedAt - receipt.StartedAt;
        to.WriteLine($"{Name(receipt.Operation)}: {receipt.Verdict}{(receipt.Cancelled ? " (cancelled)" : "")}, in {Units.Time(took)}");
        Amount(to, receipt.Operation == "restore" ? "unpacked" : "read", receipt.BytesRead, took);
        Amount(to, "written", receipt.BytesWritten, took);
        Amount(to, "verified", receipt.BytesVerified, took);
        if (receipt.BytesStored > 0)
            to.WriteLine($"  stored      {Units.Size(receipt.BytesStored)} in {receipt.Parts} {(receipt.Parts == 1 ? "part" : "parts")}");
        if (receipt.BytesExcluded > 0) to.WriteLine($"  left out    {Units.Size(receipt.BytesExcluded)}");
        if (receipt.Hot is { } hot) HotText.Write(to, hot);
        if (receipt.ImageId is { } id) to.WriteLine($"  image id    {id}");
        if (receipt.RootDigest is { } digest) to.WriteLine($"  root digest {digest}");
        if (receipt.BytesUnreadable > 0) WriteUnreadable(to, receipt);
        foreach (var skipped in receipt.Skipped) to.WriteLine($"  SKIPPED     {skipped}");
        foreach (var warning in receipt.Warnings) to.WriteLine($"  warning: {warning}");
    }

    private static void WriteUnreadable(TextWriter to, Receipt receipt)
    {
        to.WriteLine($"  UNREADABLE  {Units.Size(receipt.BytesUnreadable)} in {receipt.Unreadable.Count} {(receipt.Unreadable.Count == 1 ? "range" : "ranges")}:");
        foreach (var range in receipt.Unreadable.Take(MostRanges))
            to.WriteLine($"    offset {range.Offset}, {range.Length} bytes{(range.Partition is { } p ? $", partition {p}" : "")}");
        if (receipt.Unreadable.Count > MostRanges) to.WriteLine($"    and {receipt.Unreadable.Count - MostRanges} more: the receipt has them all");
    }

    private static void Amount(TextWriter to, string what, long bytes, TimeSpan took)
    {
        if (bytes == 0) return;
        var rate = took > TimeSpan.Zero ? $"  ({Units.Rate(bytes / took.TotalSeconds)})" : "";
        to.WriteLine($"  {what,-11} {Units.Size(bytes)}{rate}");
    }

    private static string Name(string operation) => operation.Length == 0 ? operation : char.ToUpperInvariant(operation[0]) + operation[1..];
}
