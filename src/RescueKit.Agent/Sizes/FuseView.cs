using System.Diagnostics;
using RescueKit.Agent.Tools;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Model;

namespace RescueKit.Agent.Sizes;

/// <summary>Any block source as a plain file, without root: this process serves it on a socket of its own, and nbdfuse shows that.</summary>
internal sealed class FuseView : IVolumeView
{
    public const string Program = "nbdfuse", Package = "libnbd-bin";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    /// <summary>How long it may take to end when it is unmounted.</summary>
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(30);

    private readonly IToolRunner _tools;
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("rescuekit-view-");
    private readonly CancellationTokenSource _stop = new();
    private readonly NbdServer _server;
    private readonly Task _serving;
    private readonly Process _view;

    /// <param name="volume">Stays the caller's. One that can be written to makes a file that can be.</param>
    /// <param name="report">Takes what could not be read or written, a sentence each, from any thread.</param>
    /// <exception cref="DeviceException">It cannot be shown.</exception>
    public FuseView(IBlockSource volume, IToolRunner tools, Action<string> report)
    {
        if (!tools.Has(Program)) throw new DeviceException($"the program {Program} is not on this system", $"install it: apt install {Package}");
        _tools = tools;
        _server = new NbdServer(new NbdExport("volume", volume.Name, volume), null, report);
        _server.Listen(System.IO.Path.Combine(_work.FullName, "nbd"));
        _serving = _server.RunAsync(untilUnused: false, _stop.Token);
        Directory.CreateDirectory(Folder);
        string[] readOnly = volume is IBlockTarget ? [] : ["-r"];
        // In a session of its own: Ctrl-C at the terminal must not take the file away below a tool that works on it.
        _view = Process.Start(new ProcessStartInfo("setsid", [Program, .. readOnly, "-P", Ready, Path, _server.Uri]) { RedirectStandardError = true })!;
        try
        {
            Await(_view.StandardError.ReadToEndAsync());
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path => System.IO.Path.Combine(Folder, "volume");

    private string Folder => System.IO.Path.Combine(_work.FullName, "view");
    private string Ready => System.IO.Path.Combine(_work.FullName, "ready");

    public void Dispose()
    {
        if (!_view.HasExited && _tools.Run(new ToolCall("umount", Folder)).ExitCode != 0 && _tools.Run(new ToolCall("fusermount3", "-u", Folder)).ExitCode != 0)
            _tools.Run(new ToolCall("umount", "--lazy", Folder));
        if (!_view.WaitForExit(s_lastWords)) _view.Kill();
        _view.Dispose();
        _stop.Cancel();
        _serving.GetAwaiter().GetResult();
        _server.Dispose();
        _stop.Dispose();
        try
        {
            // Never what lies below a folder that something may still be mounted at.
            File.Delete(Ready);
            Directory.Delete(Folder);
            _work.Delete();
        }
        catch (IOException)
        {
            // It is in the folder of temporary files.
        }
    }

    private void Await(Task<string> said)
    {
        var start = Stopwatch.GetTimestamp();
        while (!File.Exists(Ready))
        {
            if (_view.HasExited) throw new DeviceException($"{Program} failed: {said.Result.Trim()}", "this needs /dev/fuse");
            if (Stopwatch.GetElapsedTime(start) > s_limit) throw new DeviceException($"{Program} does not come up");
            Thread.Sleep(20);
        }
    }
}
