using RescueKit.Agent.Files;
using RescueKit.Agent.Tools;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Model;

namespace RescueKit.Agent.Sizes;

/// <summary>Any block source as a plain file, without root: this process serves it on a socket of its own, and nbdfuse shows that.</summary>
internal sealed class FuseView : IDisposable
{
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("rescuekit-view-");
    private readonly CancellationTokenSource _stop = new();
    private readonly NbdServer _server;
    private readonly Task _serving;
    private readonly NbdFuseView? _view;

    /// <param name="volume">Stays the caller's. One that can be written to makes a file that can be.</param>
    /// <param name="report">Takes what could not be read or written, a sentence each, from any thread.</param>
    /// <exception cref="DeviceException">It cannot be shown.</exception>
    public FuseView(IBlockSource volume, IToolRunner tools, Action<string> report)
    {
        _server = new NbdServer(new NbdExport("volume", volume.Name, volume), null, report);
        _server.Listen(System.IO.Path.Combine(_work.FullName, "nbd"));
        _serving = _server.RunAsync(untilUnused: false, _stop.Token);
        try
        {
            _view = new NbdFuseView(_server.Uri, _work.FullName, tools, volume is IBlockTarget);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path => _view!.Path;

    public void Dispose()
    {
        _view?.Dispose();
        _stop.Cancel();
        _serving.GetAwaiter().GetResult();
        _server.Dispose();
        _stop.Dispose();
        try
        {
            _work.Delete();
        }
        catch (IOException)
        {
            // Somebody still has it open; it is in the folder of temporary files.
        }
    }
}
