using System.Collections.Concurrent;
using System.Collections.Immutable;
using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;

namespace RescueKit.Tui.Tests.Fakes;

/// <summary>
/// A host in memory: answers what it is told to, notes what it is asked for, and refuses where a test says so. The UI calls it from several
/// threads, so what it holds is replaced, never changed.
/// </summary>
internal sealed class FakeRunHost : IRunHost
{
    private readonly ConcurrentQueue<string> _calls = [];
    private int _nextRun = 1;

    public MachineInfo Machine { get; set; } = Samples.Machine;
    public IReadOnlyList<DiskDocument> Disks { get; set; } = Samples.Disks;
    public ImmutableList<Place> Places { get; set; } = [.. Samples.Places];
    public ImmutableList<Container> Containers { get; set; } = [.. Samples.Containers];
    public IReadOnlyList<FoundImage> Images { get; set; } = Samples.Images;
    public ImmutableList<RunState> Runs { get; private set; } = [];
    public ImmutableList<LogLine> Log { get; set; } = [.. Samples.Log];
    public ImmutableList<RunRequest> Requests { get; private set; } = [];
    public Func<RunRequest, RunPlan> Plan { get; set; } = Samples.PlanOf;

    /// <summary>Files at the top of an image, instead of a few of every kind; 0 for those.</summary>
    public int Swarm { get; set; }
    public BootCheck Boot { get; set; } = new("bootable", ["It has a boot entry."], []);

    /// <summary>What a call of this name throws.</summary>
    public Dictionary<string, Exception> Failing { get; } = [];
    public IReadOnlyList<string> Calls => [.. _calls];

    public static HostException Refusal(string error, string? remedy = null) => new(new Problem(error, "device", remedy, 1));

    private T Answer<T>(string call, T value)
    {
        _calls.Enqueue(call);
        return Failing.TryGetValue(call.Split(' ')[0], out var failure) ? throw failure : value;
    }

    public Task<MachineInfo> GetMachineAsync(CancellationToken cancel) => Task.FromResult(Answer("machine", Machine));
    public Task<ChangeMarks> GetChangesAsync(CancellationToken cancel) => Task.FromResult(
        Answer("changes", new ChangeMarks(string.Join(' ', Disks.Select(d => d.Path)), string.Join(' ', Places.Select(p => p.Id)))));

    public Task<IReadOnlyList<DiskDocument>> GetDisksAsync(CancellationToken cancel) => Task.FromResult(Answer("disks", Disks));
    public Task<IReadOnlyList<Place>> GetPlacesAsync(CancellationToken cancel) => Task.FromResult(Answer<IReadOnlyList<Place>>("places", Places));
    public Task<IReadOnlyList<FoundImage>> FindImagesAsync(CancellationToken cancel) => Task.FromResult(Answer("images", Images));
    public Task<IReadOnlyList<RunState>> GetRunsAsync(CancellationToken cancel) => Task.FromResult(Answer<IReadOnlyList<RunState>>("runs", Runs));

    public async Task<Place> AttachAsync(PlaceRequest request, CancellationToken cancel)
    {
        await Task.Yield();
        var place = Answer($"attach {request.Kind} {request.Address} {request.Writable} {request.User} {request.Password}",
            new Place("p9", request.Kind, request.Address, "/run/places/p9", null, 5L << 30, 9L << 30, !request.Writable, null, null));
        Places = Places.Add(place);
        return place;
    }

    public Task DetachAsync(string placeId, CancellationToken cancel)
    {
        Answer($"detach {placeId}", 0);
        Places = Places.RemoveAll(p => p.Id == placeId);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Container>> GetContainersAsync(CancellationToken cancel) => Task.FromResult(Answer<IReadOnlyList<Container>>("containers", Containers));

    public Task<Container> OpenContainerAsync(string container, string? passphrase, CancellationToken cancel)
    {
        var closed = Answer($"open {container} {passphrase}", Containers.Single(c => c.Id == container));
        if (closed.Kind == ContainerKind.Luks && passphrase != Samples.Passphrase)
            throw new HostException(new Problem($"the passphrase does not open LUKS {closed.Name}", "wrong_passphrase", "check the keyboard layout", 3));
        var open = Samples.Opened(closed);
        Containers = Containers.Replace(closed, open);
        return Task.FromResult(open);
    }

    public Task CloseContainerAsync(string container, CancellationToken cancel)
    {
        Answer($"close {container}", 0);
        Containers = Containers.Replace(Containers.Single(c => c.Id == container), Samples.Containers.Single(c => c.Id == container));
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<PlaceEntry>> BrowseAsync(string placeId, string folder, CancellationToken cancel) => Task.FromResult(
        Answer($"browse {placeId} {folder}", folder.Length == 0 ? Samples.TopFolder : Samples.SubFolder));

    public Task<ImageDocument> GetImageAsync(string path, string? passphrase, CancellationToken cancel)
    {
        var image = Answer($"image {path} {passphrase}", Samples.ImageAt(path));
        if (!image.Encrypted || passphrase is null) return Task.FromResult(image);
        if (passphrase != Samples.Passphrase) throw new HostException(new Problem($"{path}: the passphrase does not open it", "wrong_passphrase", "check the keyboard layout", 3));
        return Task.FromResult(image with { Opened = true, Disk = Samples.WebImage.Disk, Partitions = Samples.WebImage.Partitions });
    }

    public Task<OpenedFiles> OpenFilesAsync(string path, int? partition, string? passphrase, CancellationToken cancel) =>
        Task.FromResult(Answer($"open-files {path}:{partition} {passphrase}", new OpenedFiles("files1", path, partition ?? 0, "ext4", "root")));

    public Task<FilePage> ListFilesAsync(string files, string folder, string? behind, CancellationToken cancel) =>
        Task.FromResult(Answer($"list {files} {folder} {behind}", Swarm > 0 ? Samples.ManyFiles(Swarm) : Samples.FilesIn(folder, behind)));

    public Task<FilePage> FindFilesAsync(string files, string folder, string text, CancellationToken cancel) =>
        Task.FromResult(Answer($"find {files} {folder} {text}", Samples.FoundFiles));

    public Task StopFindingAsync(string files, CancellationToken cancel) => Task.FromResult(Answer($"stop-finding {files}", 0));
    public Task CloseFilesAsync(string files, CancellationToken cancel) => Task.FromResult(Answer($"close-files {files}", 0));

    public Task<RunState> PrepareAsync(RunRequest request, CancellationToken cancel)
    {
        Answer("prepare " + string.Join(' ', request.Command), 0);
        Requests = Requests.Add(request);
        var run = new RunState { Id = _nextRun++, Stage = RunStage.Planned, Command = request.Command, Plan = Plan(request) };
        Runs = Runs.Add(run);
        return Task.FromResult(run);
    }

    public Task<RunState> StartAsync(int run, string? confirm, CancellationToken cancel)
    {
        Answer($"start {run} {confirm}", 0);
        return Task.FromResult(Change(run, r => r with { Stage = RunStage.Running, Progress = Samples.Progress }));
    }

    public Task CancelAsync(int run, CancellationToken cancel)
    {
        Answer($"cancel {run}", 0);
        if (Runs.Find(r => r.Id == run) is { Stage: RunStage.Planned } planned) Runs = Runs.Remove(planned);
        else Change(run, r => r with { Cancelling = true });
        return Task.CompletedTask;
    }

    public RunState Change(int run, Func<RunState, RunState> change)
    {
        var before = Runs.Single(r => r.Id == run);
        var after = change(before);
        Runs = Runs.Replace(before, after);
        return after;
    }

    public Task<IReadOnlyList<LogLine>> GetLogAsync(long after, CancellationToken cancel) =>
        Task.FromResult(Answer<IReadOnlyList<LogLine>>("log", [.. Log.Where(l => l.Number > after)]));

    public Task<BootCheck> CheckBootAsync(int run, CancellationToken cancel) => Task.FromResult(Answer($"boot {run}", Boot));

    public Task<BootCheck> MakeBootableAsync(int run, string remedy, CancellationToken cancel) =>
        Task.FromResult(Answer($"make-bootable {run} {remedy}", Boot = new BootCheck("bootable", ["The entry was added."], [])));

    public Task<IReadOnlyList<string>> GetKeyboardsAsync(CancellationToken cancel) => Task.FromResult(Answer<IReadOnlyList<string>>("keyboards", ["us", "de", "fr"]));

    public Task SetKeyboardAsync(string layout, CancellationToken cancel)
    {
        Answer($"keyboard {layout}", 0);
        Machine = Machine with { Keyboard = layout };
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<NetworkPort>> GetNetworkAsync(CancellationToken cancel) =>
        Task.FromResult(Answer<IReadOnlyList<NetworkPort>>("network", [new NetworkPort("eth0", "52:54:00:12:34:56", true, ["192.168.1.7/24"], "e1000e")]));

    public Task ConfigureNetworkAsync(NetworkRequest request, CancellationToken cancel)
    {
        Answer($"configure {request.Port} {request.Dhcp} {request.Address} {request.Vlan}", 0);
        return Task.CompletedTask;
    }

    public Task PowerAsync(PowerAction action, CancellationToken cancel)
    {
        Answer($"power {action}", 0);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
