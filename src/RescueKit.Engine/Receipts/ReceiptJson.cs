using System.Text.Json;
using System.Text.Json.Serialization;

namespace RescueKit.Engine.Receipts;

/// <summary>Receipts as they lie next to images: JSON in snake_case, bytes as integers.</summary>
public static class ReceiptJson
{
    public static byte[] Serialize(Receipt receipt) => JsonSerializer.SerializeToUtf8Bytes(receipt, ReceiptJsonContext.Default.Receipt);

    /// <summary>The receipt of an encrypted image: that a run took place and how it ended, nothing about the disk.</summary>
    public static Receipt ForEncrypted(Receipt receipt) => new()
    {
        Operation = receipt.Operation,
        Verdict = receipt.Verdict,
        Cancelled = receipt.Cancelled,
        ToolVersion = receipt.ToolVersion,
        StartedAt = receipt.StartedAt,
        FinishedAt = receipt.FinishedAt,
        ImageId = receipt.ImageId,
        Parts = receipt.Parts,
        ExitCode = receipt.ExitCode,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(Receipt))]
internal sealed partial class ReceiptJsonContext : JsonSerializerContext;
