using RescueKit.Agent.Protocol;
using RescueKit.Engine.Inspection;

namespace RescueKit.Agent.Tests.Fakes;

/// <summary>A host that has disks and attaches places, and can do nothing else.</summary>
internal sealed class FakeHost : IRunHost
{
    public IReadOnlyList<DiskDocument> Disks { get; set; } = [];

    /// <summary>What the first looks at the disks find, before <see cref="Disks"/>; the last of them stays.</summary>
    public Queue<IReadOnlyList<DiskDocument>> Looks { get; } = [];
    public string? Stick { get; set; }
    public List<PlaceRequest> Attached { get; } = [];

    public Task<MachineInfo> GetMachineAsync(CancellationToken cancel) =>
        Task.FromResult(new MachineInfo { Version = "1", HostName = "x", Firmware = "BIOS", StickDisk = Stick });

    public Task<IReadOnlyList<DiskDocument>> GetDisksAsync(CancellationToken cancel)
    {
        if (Looks.TryDequeue(out var found)) Disks = found;
        return Task.FromResult(Disks);
    }

    public Task<Place> AttachAsync(PlaceRequest request, CancellationToken cancel)
    {
        Attached.Add(request);
        return Task.FromResult(new Place("p1", request.Kind, request.Address, $"/places/{request.Address.Replace('/', '_')}", null, null, null, !request.Writable, null, null));
    }

    public Task<ChangeMarks> GetChangesAsync(CancellationToken cancel) => throw new NotSupportedException();
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    public Task<IReadOnlyList<Place>> GetPlacesAsync(CancellationToken cancel) => throw new NotSupportedException();
    public Task DetachAsync(string placeId, CancellationToken cancel) => throw new NotSupportedException();
    public Task<IReadOnlyList<Container>> GetContainersAsync(CancellationToken cancel) => throw new NotSupportedException();
    public Task<Container> OpenContainerAsync(string container, string? passphrase, CancellationToken cancel) => throw new NotSupportedException();
    public Task CloseContainerAsync(string container, CancellationToken cancel) => throw new NotSupportedException();
    public Task<IReadOnlyList<PlaceEntry>> BrowseAsync(string placeId, string folder, CancellationToken cancel) => throw new NotSupportedException();
    public Task<IReadOnlyList<FoundImage>> FindImagesAsync(CancellationToken cancel) => throw new NotSupportedException();
    public Task<ImageDocument> GetImageAsync(string path, string? passphrase, CancellationToken cancel) => throw new NotSupportedException();
    public Task<OpenedFiles> OpenFilesAsync(string path, int? partition, string? passphrase, CancellationToken cancel) => throw new NotSupportedException();
    public Task<FilePage> ListFilesAsync(string files, string folder, string? behind, CancellationToken cancel) => throw new NotSupportedException();
    public Task<FilePage> FindFilesAsync(string files, string folder, string text, CancellationToken cancel) => throw new NotSupportedException();
    public Task StopFindingAsync(string files, CancellationToken cancel) => throw new NotSupportedException();
    public Task CloseFilesAsync(string files, CancellationToken cancel) => throw new NotSupportedException();
    public Task<RunState> PrepareAsync(RunRequest request, CancellationToken cancel) => throw new NotSupportedException();
    public Task<RunState> StartAsync(int run, string? confirm, CancellationToken cancel) => throw new NotSupportedException();
    public Task CancelAsync(int run, CancellationToken cancel) => throw new NotSupportedException();
    public Task<IReadOnlyList<RunState>> GetRunsAsync(CancellationToken cancel) => throw new NotSupportedException();
    public Task<IReadOnlyList<LogLine>> GetLogAsync(long after, CancellationToken cancel) => throw new NotSupportedException();
    public Task<BootCheck> CheckBootAsync(int run, CancellationToken cancel) => throw new NotSupportedException();
    public Task<BootCheck> MakeBootableAsync(int run, string remedy, CancellationToken cancel) => throw new NotSupportedException();
    public Task<IReadOnlyList<string>> GetKeyboardsAsync(CancellationToken cancel) => throw new NotSupportedException();
    public Task SetKeyboardAsync(string layout, CancellationToken cancel) => throw new NotSupportedException();
    public Task<IReadOnlyList<NetworkPort>> GetNetworkAsync(CancellationToken cancel) => throw new NotSupportedException();
    public Task ConfigureNetworkAsync(NetworkRequest request, CancellationToken cancel) => throw new NotSupportedException();
    public Task PowerAsync(PowerAction action, CancellationToken cancel) => throw new NotSupportedException();
}
