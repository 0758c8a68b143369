using RescueKit.Agent.Files;

namespace RescueKit.Cli.Json;

/// <summary>Files of a folder in an image, by name.</summary>
internal sealed record FileListDocument(IReadOnlyList<ListedFile> Files);
