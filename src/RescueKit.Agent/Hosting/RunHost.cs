using RescueKit.Agent.Boot;
using RescueKit.Agent.Containers;
using RescueKit.Agent.Controls;
using RescueKit.Agent.Files;
using RescueKit.Agent.Machine;
using RescueKit.Agent.Places;
using RescueKit.Agent.Protocol;
using RescueKit.Disks;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;
using RescueKit.Model;

namespace RescueKit.Agent.Hosting;

/// <summary>The host itself: owns runs and places for as long as it lives. Every call works on a thread of its own.</summary>
public sealed class RunHost : IRunHost
{
    /// <summary>USB disks may show up long after the kernel has started.</summary>
    private static readonly TimeSpan StickPatience = TimeSpan.FromMinutes(2);

    private readonly CancellationTokenSource _closing = new();
    private readonly HostOptions _options;
    private readonly HostLog _log;
    private readonly MachineReader _machine;
    private readonly StickFinder _stick;
    private readonly PlaceBook _places;
    private readonly ContainerBook _containers;
    private readonly FileBook _files;
    private readonly RunBook _runs;
    private readonly BootDoctor _boot;
    private readonly Keyboard _keyboard;
    private readonly Network _network;
    private int _isClosed;

    public RunHost(HostOptions options)
    {
        _options = options;
        _log = new HostLog(options.Clock, options.Log);
        _machine = new MachineReader(options.Root, options.Tools, options.Clock);
        _stick = new StickFinder(_machine.StickId);
        _boot = new BootDoctor(_machine, options.Tools, Path.Combine(options.RuntimeFolder, "esp"));
        _keyboard = new Keyboard(options.Root, options.Tools, _machine.KernelParameter(MachineMarks.KeyboardParameter));
        _network = new Network(options.Root, options.Tools, Network.KernelAddresses);
        _places = new PlaceBook(new Mounter(options.Tools, Path.Combine(options.RuntimeFolder, "places")), new SystemMounts(options.Root),
            disks => _runs!.MustBeFree(disks), _machine.IsRescueEnvironment ? null : Directory.GetCurrentDirectory(), _log.Write);
        var opener = new ContainerOpener(options.Tools, options.Root, new Overlay(options.Tools, Path.Combine(options.RuntimeFolder, "overlays")), _log.Write);
        _containers = new ContainerBook(options.Tools, opener, disks => _runs!.MustBeFree(disks), _log.Write);
        _files = new FileBook(options.Tools, text => _log.Write(text));
        var receipts = new ReceiptKeeper(() => _places.StickFolder, options.StateFolder, options.Clock);
        _runs = new RunBook(options.Factory, new HostedRunServices(receipts, options.Factory.Explain, _log.Write), Annotate, _containers.MustNotHold);
    }

    /// <summary>
    /// Mounts the stick's partition for images as soon as the stick is there, and again when it was pulled and is back, but not when a person detached
    /// it; what goes wrong is in the log. To be called once; ends with the host.
    /// </summary>
    public async Task KeepStickMountedAsync()
    {
        if (!_stick.IsExpected) return;
        string? disk = null;
        var settled = false;
        var since = _options.Clock.GetTimestamp();
        try
        {
            for (; ; await Task.Delay(StickFinder.SearchInterval, _options.Clock, _closing.Token).ConfigureAwait(false))
            {
                var now = await Task.Run(() => _stick.Disk, _closing.Token).ConfigureAwait(false);
                if (now != disk)
                {
                    if (now is null) _places.LetGoOfWhatWasPulled();
                    (disk, settled, since) = (now, false, _options.Clock.GetTimestamp());
                }
                // The stick's contents are looked into until its partition is there, and then no more: a backup may be going onto it.
                if (settled) continue;
                settled = disk is not null && await Task.Run(AttachStick, _closing.Token).ConfigureAwait(false);
                if (settled || _options.Clock.GetElapsedTime(since) < StickPatience) continue;
                _log.Write($"no stick with a partition {MachineMarks.DataLabel} has shown up");
                settled = true;
            }
        }
        catch (OperationCanceledException)
        {
            // The host ends.
        }
    }

    /// <summary>Lets a run go if it is still only planned: for a UI that is gone.</summary>
    public void LetGo(int run) => _runs.LetGo(run);

    /// <summary>Nothing where they are not open: for a UI that is gone.</summary>
    internal void CloseFiles(string files) => _files.Close(files);

    /// <summary>Adds a line to the log that all UIs see.</summary>
    public void Log(string text, bool isProblem = false) => _log.Write(text, isProblem);

    /// <summary>As <see cref="GetRunsAsync"/>.</summary>
    internal IReadOnlyList<RunState> Runs => _runs.States;

    /// <summary>As the other one, with a priority for the run's threads.</summary>
    internal Task<RunState> StartAsync(int run, string? confirm, RunPriority? priority, CancellationToken cancel) =>
        Call(() => _runs.Get(run).Start(confirm, priority), cancel);

    /// <summary>Asks a run to stop, at once.</summary>
    internal void Cancel(int run) => _runs.Cancel(run);

    /// <summary>Returns a run that was started as it is when it has ended.</summary>
    internal async Task<RunState> EndOfAsync(int run)
    {
        var hosted = _runs.Get(run);
        await hosted.Ended.ConfigureAwait(false);
        return hosted.State!;
    }

    public Task<MachineInfo> GetMachineAsync(CancellationToken cancel) => Call(() => new MachineInfo
    {
        Version = _options.Version,
        HostName = _machine.HostName,
        Firmware = _machine.IsUefi ? "UEFI" : "BIOS",
        SecureBoot = _machine.SecureBoot,
        IsRescueEnvironment = _machine.IsRescueEnvironment,
        Keyboard = _keyboard.Current,
        StickDisk = _stick.Disk,
        Warnings = _machine.Warnings(),
    }, cancel);

    public Task<ChangeMarks> GetChangesAsync(CancellationToken cancel) => Call(() => new ChangeMarks(_machine.DeviceMark(), _places.Mark()), cancel);

    public Task<IReadOnlyList<DiskDocument>> GetDisksAsync(CancellationToken cancel) => Call(DiskInspector.List, cancel);

    public Task<IReadOnlyList<Place>> GetPlacesAsync(CancellationToken cancel) => Call(_places.List, cancel);

    public Task<Place> AttachAsync(PlaceRequest request, CancellationToken cancel) => Call(() => _places.Attach(request), cancel);

    public Task DetachAsync(string placeId, CancellationToken cancel) => Call(() => _places.Detach(placeId), cancel);

    public Task<IReadOnlyList<Container>> GetContainersAsync(CancellationToken cancel) => Call(_containers.List, cancel);

    public Task<Container> OpenContainerAsync(string container, string? passphrase, CancellationToken cancel) =>
        Call(() => _containers.Open(container, passphrase), cancel);

    public Task CloseContainerAsync(string container, CancellationToken cancel) => Call(() => _containers.Close(container), cancel);

    public Task<IReadOnlyList<PlaceEntry>> BrowseAsync(string placeId, string folder, CancellationToken cancel) =>
        Call(() => ImageSearch.Browse(_places.Get(placeId), folder), cancel);

    public Task<IReadOnlyList<FoundImage>> FindImagesAsync(CancellationToken cancel) => Call(() =>
        (IReadOnlyList<FoundImage>)[.. _places.List().Where(place => place.Error is null).SelectMany(FindIn).DistinctBy(image => DiskInventory.RealPath(image.Path))
            .OrderByDescending(image => image.ModifiedAt)], cancel);

    public Task<ImageDocument> GetImageAsync(string path, string? passphrase, CancellationToken cancel) =>
        Call(() => ImageInspector.Inspect(path, () => Bytes(passphrase)), cancel);

    public Task<OpenedFiles> OpenFilesAsync(string path, int? partition, string? passphrase, CancellationToken cancel) =>
        Call(() => _files.Open(path, partition, passphrase), cancel);

    public Task<FilePage> ListFilesAsync(string files, string folder, string? behind, CancellationToken cancel) => Call(() => _files.List(files, folder, behind), cancel);

    public Task<FilePage> FindFilesAsync(string files, string folder, string text, CancellationToken cancel) => Call(() => _files.Find(files, folder, text), cancel);

    public Task StopFindingAsync(string files, CancellationToken cancel) => Call(() => _files.StopFinding(files), cancel);

    public Task CloseFilesAsync(string files, CancellationToken cancel) => Call(() => _files.Close(files), cancel);

    public Task<RunState> PrepareAsync(RunRequest request, CancellationToken cancel) => Call(() => _runs.Prepare(request, cancel), cancel);

    public Task<RunState> StartAsync(int run, string? confirm, CancellationToken cancel) => Call(() => _runs.Get(run).Start(confirm), cancel);

    public Task CancelAsync(int run, CancellationToken cancel) => Call(() => _runs.Cancel(run), cancel);

    public Task<IReadOnlyList<RunState>> GetRunsAsync(CancellationToken cancel) => Call(() => _runs.States, cancel);

    public Task<IReadOnlyList<LogLine>> GetLogAsync(long after, CancellationToken cancel) => Call(() => _log.After(after), cancel);

    public Task<BootCheck> CheckBootAsync(int run, CancellationToken cancel) => Call(() => _boot.Check(WrittenDisk(run)), cancel);

    public Task<BootCheck> MakeBootableAsync(int run, string remedy, CancellationToken cancel) => Call(() =>
    {
        var disk = WrittenDisk(run);
        _runs.MustBeFree([disk]);
        _log.Write($"making {disk} bootable: {remedy}");
        return _boot.Apply(disk, remedy);
    }, cancel);

    public Task<IReadOnlyList<string>> GetKeyboardsAsync(CancellationToken cancel) => Call(() => _machine.IsRescueEnvironment ? _keyboard.Layouts : [], cancel);

    public Task SetKeyboardAsync(string layout, CancellationToken cancel) => Call(() =>
    {
        MustBeRescueEnvironment("the keyboard layout");
        _keyboard.Set(layout);
    }, cancel);

    public Task<IReadOnlyList<NetworkPort>> GetNetworkAsync(CancellationToken cancel) => Call(_network.List, cancel);

    public Task ConfigureNetworkAsync(NetworkRequest request, CancellationToken cancel) => Call(() =>
    {
        MustBeRescueEnvironment("the network");
        _network.Configure(request);
        _log.Write($"network port {request.Port} set up: {(request.Dhcp ? "DHCP" : request.Address)}");
    }, cancel);

    public Task PowerAsync(PowerAction action, CancellationToken cancel) => Call(() =>
    {
        MustBeRescueEnvironment("the power");
        if (_runs.IsAnyRunning) throw new SafetyException("a run is going on", "wait until it has ended, or cancel it");
        _log.Write(action == PowerAction.Restart ? "restarting" : "switching off");
        new Power(_options.Tools).Do(action);
    }, cancel);

    /// <summary>Stops what is going on, waits for its end, detaches all places and closes what was opened.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 1) return;
        await _closing.CancelAsync().ConfigureAwait(false);
        await _runs.CloseAsync().ConfigureAwait(false);
        _files.CloseAll();
        _places.DetachAll();
        _containers.CloseAll();
        _closing.Dispose();
    }

    /// <summary>A stick whose write protection is on still has its images to give.</summary>
    /// <returns>False where its partition for images has not shown up.</returns>
    private bool AttachStick()
    {
        try
        {
            if (_stick.DataPartition(MachineMarks.DataLabel) is not { } partition) return false;
            var request = new PlaceRequest { Kind = PlaceKind.Stick, Address = partition, Writable = true };
            try
            {
                _places.Attach(request);
            }
            catch (DeviceException e)
            {
                _log.Write($"{e.Message}; mounting it read-only");
                _places.Attach(request with { Writable = false });
            }
        }
        catch (RescueKitException e)
        {
            _log.Write($"the stick's partition for images is not mounted: {e.Message}");
        }
        return true;
    }

    private RunPlan Annotate(RunRequest request, RunPlan plan) => _boot.Annotate(plan, () =>
    {
        try
        {
            if (plan.Operation == "clone") return BootDoctor.TableOf(plan.From.Path);
            var image = ImageInspector.Inspect(plan.From.Path, () => Bytes(request.Passphrase));
            return image.Disk is { } disk ? (disk.Table, [.. image.Partitions.Select(partition => partition.Type)]) : null;
        }
        catch (RescueKitException)
        {
            return null; // the plan stands without it
        }
    });

    private IEnumerable<FoundImage> FindIn(Place place)
    {
        try
        {
            return ImageSearch.Find(place);
        }
        catch (RescueKitException e)
        {
            _log.Write($"looking for images on {place.Name}: {e.Message}");
            return [];
        }
    }

    private string WrittenDisk(int run)
    {
        var state = _runs.Get(run).State!;
        if (state is { Stage: RunStage.Ended, Receipt.Verdict: not "failed", Plan.Operation: "restore" or "clone" }) return state.Plan.Onto.Path;
        throw new UsageException($"run {run} has not written a disk to its end", "only a finished restore or clone can be looked at");
    }

    private void MustBeRescueEnvironment(string what)
    {
        if (!_machine.IsRescueEnvironment) throw new UsageException($"{what} of this machine belongs to its own system", "change it there");
    }

    private static ReadOnlyMemory<byte>? Bytes(string? passphrase) =>
        string.IsNullOrEmpty(passphrase) ? default(ReadOnlyMemory<byte>?) : System.Text.Encoding.UTF8.GetBytes(passphrase);

    private Task<bool> Call(Action work, CancellationToken cancel) => Call(() =>
    {
        work();
        return true;
    }, cancel);

    private async Task<T> Call<T>(Func<T> work, CancellationToken cancel)
    {
        try
        {
            return await Task.Run(work, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not HostException && !(e is OperationCanceledException && cancel.IsCancellationRequested))
        {
            throw new HostException(_options.Factory.Explain(e));
        }
    }
}
