using System.Diagnostics;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>A served volume as a file, by nbdfuse(1).</summary>
internal sealed class NbdFuseView : IVolumeView
{
    public const string Program = "nbdfuse", Package = "libnbd-bin";

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>How long somebody who still reads is waited for at the end, or what is still to be written.</summary>
    private static readonly TimeSpan s_lastReader = TimeSpan.FromSeconds(5), s_lastWrite = TimeSpan.FromSeconds(30);

    private readonly IToolRunner _tools;
    private readonly string _folder;
    private readonly string _ready;
    private readonly bool _isWritable;
    private readonly Process _process;

    /// <param name="uri">Of the server.</param>
    /// <param name="work">A folder for what it needs; it is as it was when this is disposed of.</param>
    /// <param name="isWritable">Whether tools may change it.</param>
    /// <exception cref="DeviceException">It does not come up; nothing is left behind.</exception>
    public NbdFuseView(string uri, string work, IToolRunner tools, bool isWritable = false)
    {
        (_tools, _folder, _ready, _isWritable) = (tools, System.IO.Path.Combine(work, "view"), System.IO.Path.Combine(work, "ready"), isWritable);
        Directory.CreateDirectory(_folder);
        // In a session of its own: Ctrl-C at the terminal must not take the file away below what is mounted, or a tool works on.
        _process = Process.Start(new ProcessStartInfo("setsid", [Program, .. isWritable ? (string[])[] : ["-r"], "-P", _ready, Path, uri]) { RedirectStandardError = true })!;
        try
        {
            Await();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path => System.IO.Path.Combine(_folder, "volume");
    public bool IsDevice => false;

    public void Dispose()
    {
        _tools.Unmount(_folder);
        if (!_process.WaitForExit(_isWritable ? s_lastWrite : s_lastReader)) _process.Kill();
        _process.Dispose();
        // Never what lies below a folder that something may still be mounted at.
        File.Delete(_ready);
        try
        {
            Directory.Delete(_folder);
        }
        catch (IOException)
        {
            // Somebody still reads from it; it is in the folder of temporary files.
        }
    }

    private void Await()
    {
        var said = _process.StandardError.ReadToEndAsync();
        var start = Stopwatch.GetTimestamp();
        while (!File.Exists(_ready))
        {
            if (_process.HasExited) throw new DeviceException($"{Program} failed: {said.Result.Trim()}", "this needs /dev/fuse");
            if (Stopwatch.GetElapsedTime(start) > s_limit) throw new DeviceException($"{Program} does not come up");
            Thread.Sleep(20);
        }
    }
}
