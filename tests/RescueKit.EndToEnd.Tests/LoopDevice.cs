using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>A file as a real block device, partitions scanned; detached at the end. Needs root.</summary>
public sealed class LoopDevice : IDisposable
{
    public LoopDevice(string file, int sectorSize = 512, bool readOnly = false, bool directIo = false)
    {
        string[] options = [.. readOnly ? (string[])["--read-only"] : [], .. directIo ? (string[])["--direct-io=on"] : []];
        Path = Tool.Must("losetup", ["--find", "--show", "--partscan", "--sector-size", $"{sectorSize}", .. options, file]).Output.Trim();
    }

    public string Path { get; }
    public string Name => System.IO.Path.GetFileName(Path);

    public void Dispose()
    {
        Tool.Run("partx", "--delete", Path);
        Tool.Run("losetup", "--detach", Path);
    }
}
