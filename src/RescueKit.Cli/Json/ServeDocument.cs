namespace RescueKit.Cli.Json;

/// <summary>What is served, and where.</summary>
/// <param name="Uri">As qemu, nbdinfo and others take it.</param>
/// <param name="Partition">Null for the whole disk.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Overlay">The file that takes what is written; null where nothing can be.</param>
internal sealed record ServeDocument(string Uri, string Image, int? Partition, long Length, bool ReadOnly, string? Overlay, IReadOnlyList<string> Warnings);
