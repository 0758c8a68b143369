using System.Globalization;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Sizes;

/// <summary>A range of a disk or disk file as a loop device. Needs root.</summary>
internal sealed class LoopView : IDisposable
{
    private readonly IToolRunner _tools;
    private readonly string _disk;

    public LoopView(IToolRunner tools, string disk, Extent range, bool readOnly = false)
    {
        (_tools, _disk) = (tools, disk);
        Path = tools.Must($"attaching a part of {disk}", new ToolCall("losetup",
        [
            "--find", "--show", .. readOnly ? (string[])["--read-only"] : [],
            "--offset", range.Offset.ToString(CultureInfo.InvariantCulture), "--sizelimit", range.Length.ToString(CultureInfo.InvariantCulture), disk,
        ])).Trim();
    }

    public string Path { get; }

    /// <summary>What was written through it is on the disk then; it is detached, whether that could be done or not.</summary>
    /// <exception cref="DeviceException">Not all of it could be written.</exception>
    public void Dispose()
    {
        try
        {
            try
            {
                Sync(Path);
            }
            finally
            {
                _tools.Run(new ToolCall("losetup", "--detach", Path));
            }
            Sync(_disk);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException($"not all that was written to {_disk} is known to have reached it: {e.Message}", inner: e);
        }
    }

    private static void Sync(string path)
    {
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(handle);
    }
}
