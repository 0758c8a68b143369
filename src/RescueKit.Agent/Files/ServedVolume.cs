using RescueKit.Agent.Tools;
using RescueKit.Engine.Serving.Nbd;
using RescueKit.Model;

namespace RescueKit.Agent.Files;

/// <summary>
/// Any block source as something that can be mounted, or that file systems' own tools open: this process serves it on a socket of its own, of which the kernel's
/// NBD makes a disk (needs root), or nbdfuse a file.
/// </summary>
internal sealed class ServedVolume : IDisposable
{
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("rescuekit-volume-");
    private readonly CancellationTokenSource _stop = new();
    private readonly NbdServer _server;
    private readonly Task _serving = Task.CompletedTask;
    private readonly IVolumeView? _view;

    /// <param name="volume">Stays the caller's.</param>
    /// <param name="isWritable">Whether what is shown can be changed; the volume has to be a target then.</param>
    /// <param name="report">Takes what could not be read or written, a sentence each, from any thread.</param>
    /// <exception cref="DeviceException">It cannot be shown; nothing is left behind.</exception>
    public ServedVolume(IBlockSource volume, bool isWritable, IToolRunner tools, Action<string> report)
    {
        var socket = System.IO.Path.Combine(_work.FullName, "nbd");
        _server = new NbdServer(new NbdExport("volume", volume.Name, volume), null, report);
        try
        {
            _server.Listen(socket);
            _serving = _server.RunAsync(untilUnused: false, _stop.Token);
            if (WhyNot(tools) is var (why, remedy)) throw new DeviceException(why, remedy);
            _view = IsDisk(tools) ? NbdDevice.Open(socket, isWritable) : new NbdFuseView(_server.Uri, _work.FullName, tools, isWritable);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A node, or a plain file.</summary>
    public string Path => _view!.Path;

    /// <summary>A block device; else a file.</summary>
    public bool IsDevice => _view!.IsDevice;

    /// <summary>What is missing on this system; null where nothing is.</summary>
    public static (string Why, string Remedy)? WhyNot(IToolRunner tools) => IsDisk(tools) || tools.Has(NbdFuseView.Program)
        ? null
        : ("this system has neither NBD disks without partitions nor the program nbdfuse", "load the one (modprobe nbd max_part=0), or install the other (apt install libnbd-bin)");

    /// <summary>After what uses it; what was written is in the volume then.</summary>
    public void Dispose()
    {
        try
        {
            _view?.Dispose();
        }
        finally
        {
            _stop.Cancel();
            _serving.GetAwaiter().GetResult();
            _server.Dispose();
            _stop.Dispose();
            DeleteFolder();
        }
    }

    private void DeleteFolder()
    {
        try
        {
            _work.Delete();
        }
        catch (IOException)
        {
            // Somebody still has it open; it is in the folder of temporary files.
        }
    }

    private static bool IsDisk(IToolRunner tools) => Environment.IsPrivilegedProcess && NbdDevice.IsUsable(tools);
}
