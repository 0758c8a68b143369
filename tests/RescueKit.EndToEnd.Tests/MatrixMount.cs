using System.Diagnostics;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>A volume file mounted through a loop device until disposed; needs root.</summary>
internal sealed class MatrixMount : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly string _loop;
    private bool _mounted;

    /// <param name="mount">The program that mounts, and its arguments before device and folder, for example ["mount", "-t", "ext4"].</param>
    public MatrixMount(string volume, string folder, IReadOnlyList<string> mount)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        _loop = Tool.Must("losetup", "--find", "--show", volume).Output.Trim();
        try
        {
            Tool.Must(mount[0], [.. mount.Skip(1), _loop, Folder]);
            _mounted = true;
        }
        finally
        {
            if (!_mounted) Dispose();
        }
    }

    public string Folder { get; }

    public void Dispose()
    {
        if (_mounted) Unmount();
        _mounted = false;
        // A FUSE daemon may hold the device for a moment after the unmount: what it wrote must be in the file before that is read.
        Tool.Must("blockdev", "--flushbufs", _loop);
        Tool.Must("losetup", "--detach", _loop);
    }

    /// <summary>
    /// A tool that another test is starting holds our open files for an instant, between its fork and its exec: busy is asked again.
    /// </summary>
    private void Unmount()
    {
        var patience = Stopwatch.StartNew();
        for (; ; )
        {
            var result = Tool.Run("umount", Folder);
            if (result.Ok) return;
            if (!result.Error.Contains("busy", StringComparison.Ordinal) || patience.Elapsed > Patience)
                throw new ToolFailedException(result.Everything);
            Thread.Sleep(20);
        }
    }
}
