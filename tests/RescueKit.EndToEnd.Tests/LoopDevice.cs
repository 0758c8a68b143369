using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>A file as a real block device, detached at the end. Needs root.</summary>
public sealed class LoopDevice : IDisposable
{
    /// <param name="partitioned">Its partitions become devices, too; without, it cannot have any.</param>
    public LoopDevice(string file, int sectorSize = 512, bool readOnly = false, bool partitioned = true)
    {
        string[] options = [.. readOnly ? ["--read-only"] : Array.Empty<string>(), .. partitioned ? ["--partscan"] : Array.Empty<string>()];
        Path = Tool.Must("losetup", ["--find", "--show", "--sector-size", $"{sectorSize}", .. options, file]).Output.Trim();
    }

    public string Path { get; }
    public string Name => System.IO.Path.GetFileName(Path);

    public void Dispose()
    {
        Tool.Run("partx", "--delete", Path);
        Tool.Run("losetup", "--detach", Path);
    }
}
