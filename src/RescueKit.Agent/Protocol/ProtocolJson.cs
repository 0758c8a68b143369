using System.Text.Json;
using System.Text.Json.Serialization;
using RescueKit.Engine.Inspection;

namespace RescueKit.Agent.Protocol;

/// <summary>Everything that goes over the socket: one line each, names in snake_case, what is null is left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Default,
    Converters = [typeof(SnakeCase<RunStage>), typeof(SnakeCase<PlaceKind>), typeof(SnakeCase<ContainerKind>), typeof(SnakeCase<PowerAction>)])]
[JsonSerializable(typeof(CallMessage))]
[JsonSerializable(typeof(AnswerMessage))]
[JsonSerializable(typeof(ChangeMarks))]
[JsonSerializable(typeof(CallArguments))]
[JsonSerializable(typeof(HelloResult))]
[JsonSerializable(typeof(MachineInfo))]
[JsonSerializable(typeof(IReadOnlyList<DiskDocument>))]
[JsonSerializable(typeof(IReadOnlyList<Place>))]
[JsonSerializable(typeof(Place))]
[JsonSerializable(typeof(PlaceRequest))]
[JsonSerializable(typeof(IReadOnlyList<Container>))]
[JsonSerializable(typeof(Container))]
[JsonSerializable(typeof(IReadOnlyList<PlaceEntry>))]
[JsonSerializable(typeof(IReadOnlyList<FoundImage>))]
[JsonSerializable(typeof(ImageDocument))]
[JsonSerializable(typeof(OpenedFiles))]
[JsonSerializable(typeof(FilePage))]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(RunState))]
[JsonSerializable(typeof(IReadOnlyList<RunState>))]
[JsonSerializable(typeof(IReadOnlyList<LogLine>))]
[JsonSerializable(typeof(BootCheck))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<NetworkPort>))]
[JsonSerializable(typeof(NetworkRequest))]
[JsonSerializable(typeof(AgentStatus))]
[JsonSerializable(typeof(JobStarted))]
internal sealed partial class ProtocolJson : JsonSerializerContext;

internal sealed class SnakeCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) where T : struct, Enum;
