using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Errors;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;
using RescueKit.Engine.Receipts;
using RescueKit.Media.Build;

namespace RescueKit.Cli.Json;

/// <summary>Everything that --json prints; the documents are described in JSON.md and frozen by golden tests.</summary>
internal static class JsonOutput
{
    public static void Write(TextWriter to, RunPlan plan) => Write(to, plan, CliJson.Default.RunPlan);
    public static void Write(TextWriter to, Receipt receipt) => Print(to, Encoding.UTF8.GetString(ReceiptJson.Serialize(receipt)));
    public static void Write(TextWriter to, ErrorInfo error) => Write(to, error, CliJson.Default.ErrorInfo);
    public static void Write(TextWriter to, DiskListDocument disks) => Write(to, disks, CliJson.Default.DiskListDocument);
    public static void Write(TextWriter to, DiskDocument disk) => Write(to, disk, CliJson.Default.DiskDocument);
    public static void Write(TextWriter to, ImageDocument image) => Write(to, image, CliJson.Default.ImageDocument);

    public static void Write(TextWriter to, ContainerListDocument containers) => Write(to, containers, CliJson.Default.ContainerListDocument);
    public static void Write(TextWriter to, Container container) => Write(to, container, CliJson.Default.Container);

    public static void Write(TextWriter to, AgentStatus status) => Write(to, status, CliJson.Default.AgentStatus);
    public static void Write(TextWriter to, JobResult result) => Write(to, result, CliJson.Default.JobResult);
    public static void Write(TextWriter to, JobStartedDocument started) => Write(to, started, CliJson.Default.JobStartedDocument);
    public static void Write(TextWriter to, ConfigDocument config) => Write(to, config, CliJson.Default.ConfigDocument);

    public static void Write(TextWriter to, SnapshotDocument snapshot) => Write(to, snapshot, CliJson.Default.SnapshotDocument);
    public static void Write(TextWriter to, SnapshotListDocument snapshots) => Write(to, snapshots, CliJson.Default.SnapshotListDocument);

    public static void Write(TextWriter to, ExportDocument export) => Write(to, export, CliJson.Default.ExportDocument);
    public static void Write(TextWriter to, FileListDocument files) => Write(to, files, CliJson.Default.FileListDocument);
    public static void Write(TextWriter to, ServeDocument served) => Write(to, served, CliJson.Default.ServeDocument);

    public static void Write(TextWriter to, MediaBuilt media) => Write(to, media, CliJson.Default.MediaBuilt);

    private static void Write<T>(TextWriter to, T value, JsonTypeInfo<T> type) => Print(to, JsonSerializer.Serialize(value, type));

    private static void Print(TextWriter to, string document)
    {
        to.WriteLine(document);
        to.Flush();
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    GenerationMode = JsonSourceGenerationMode.Default, Converters = [typeof(LowerCase)])]
[JsonSerializable(typeof(RunPlan))]
[JsonSerializable(typeof(ErrorInfo))]
[JsonSerializable(typeof(DiskListDocument))]
[JsonSerializable(typeof(DiskDocument))]
[JsonSerializable(typeof(ImageDocument))]
[JsonSerializable(typeof(MediaBuilt))]
[JsonSerializable(typeof(ServeDocument))]
[JsonSerializable(typeof(ExportDocument))]
[JsonSerializable(typeof(FileListDocument))]
[JsonSerializable(typeof(ContainerListDocument))]
[JsonSerializable(typeof(Container))]
[JsonSerializable(typeof(AgentStatus))]
[JsonSerializable(typeof(JobResult))]
[JsonSerializable(typeof(JobStartedDocument))]
[JsonSerializable(typeof(ConfigDocument))]
[JsonSerializable(typeof(SnapshotDocument))]
[JsonSerializable(typeof(SnapshotListDocument))]
internal sealed partial class CliJson : JsonSerializerContext;

/// <summary>What `agent containers --json` prints.</summary>
internal sealed record ContainerListDocument(IReadOnlyList<Container> Containers);

internal sealed class LowerCase() : JsonStringEnumConverter<ContainerKind>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
