using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RescueKit.Engine.Inspection;

namespace RescueKit.Agent.Protocol;

/// <summary>
/// The host of another process, over its local socket (PROTOCOL.md). Several calls may be under way at once. It connects with the first call,
/// and anew with the next call after the host was gone.
/// </summary>
/// <param name="path">Of the socket.</param>
public sealed class HostClient(string path) : IRunHost, IJobHost
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly ProtocolJson Json = ProtocolJson.Default;
    private readonly SemaphoreSlim _connecting = new(1, 1);
    private HostChannel? _channel;

    /// <exception cref="HostException">Nobody serves there, or a host that this client does not understand.</exception>
    public static async Task<HostClient> ConnectAsync(string path, CancellationToken cancel)
    {
        var client = new HostClient(path);
        try
        {
            await client.ChannelAsync(cancel).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>As <see cref="ConnectAsync"/>, but a host that is still starting is waited for.</summary>
    /// <exception cref="HostException">There was none after half a minute.</exception>
    public static async Task<HostClient> ConnectPatientlyAsync(string path, CancellationToken cancel)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                return await ConnectAsync(path, cancel).ConfigureAwait(false);
            }
            catch (HostException) when (TimeProvider.System.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancel).ConfigureAwait(false);
            }
        }
    }

    public Task<MachineInfo> GetMachineAsync(CancellationToken cancel) => AskAsync(CallNames.GetMachine, null, Json.MachineInfo, cancel);

    public Task<ChangeMarks> GetChangesAsync(CancellationToken cancel) => AskAsync(CallNames.GetChanges, null, Json.ChangeMarks, cancel);

    public Task<IReadOnlyList<DiskDocument>> GetDisksAsync(CancellationToken cancel) => AskAsync(CallNames.GetDisks, null, Json.IReadOnlyListDiskDocument, cancel);

    public Task<IReadOnlyList<Place>> GetPlacesAsync(CancellationToken cancel) => AskAsync(CallNames.GetPlaces, null, Json.IReadOnlyListPlace, cancel);

    public Task<Place> AttachAsync(PlaceRequest request, CancellationToken cancel) =>
        AskAsync(CallNames.Attach, JsonSerializer.SerializeToElement(request, Json.PlaceRequest), Json.Place, cancel);

    public Task DetachAsync(string placeId, CancellationToken cancel) => TellAsync(CallNames.Detach, new CallArguments { Place = placeId }, cancel);

    public Task<IReadOnlyList<Container>> GetContainersAsync(CancellationToken cancel) => AskAsync(CallNames.GetContainers, null, Json.IReadOnlyListContainer, cancel);

    public Task<Container> OpenContainerAsync(string container, string? passphrase, CancellationToken cancel) =>
        AskAsync(CallNames.OpenContainer, Some(new CallArguments { Container = container, Passphrase = passphrase }), Json.Container, cancel);

    public Task CloseContainerAsync(string container, CancellationToken cancel) => TellAsync(CallNames.CloseContainer, new CallArguments { Container = container }, cancel);

    public Task<IReadOnlyList<PlaceEntry>> BrowseAsync(string placeId, string folder, CancellationToken cancel) =>
        AskAsync(CallNames.Browse, Some(new CallArguments { Place = placeId, Folder = folder }), Json.IReadOnlyListPlaceEntry, cancel);

    public Task<IReadOnlyList<FoundImage>> FindImagesAsync(CancellationToken cancel) => AskAsync(CallNames.FindImages, null, Json.IReadOnlyListFoundImage, cancel);

    public Task<ImageDocument> GetImageAsync(string path, string? passphrase, CancellationToken cancel) =>
        AskAsync(CallNames.GetImage, Some(new CallArguments { Path = path, Passphrase = passphrase }), Json.ImageDocument, cancel);

    public Task<OpenedFiles> OpenFilesAsync(string path, int? partition, string? passphrase, CancellationToken cancel) =>
        AskAsync(CallNames.OpenFiles, Some(new CallArguments { Path = path, Partition = partition, Passphrase = passphrase }), Json.OpenedFiles, cancel);

    public Task<FilePage> ListFilesAsync(string files, string folder, string? behind, CancellationToken cancel) =>
        AskAsync(CallNames.ListFiles, Some(new CallArguments { Files = files, Folder = folder, Behind = behind }), Json.FilePage, cancel);

    public Task<FilePage> FindFilesAsync(string files, string folder, string text, CancellationToken cancel) =>
        AskAsync(CallNames.FindFiles, Some(new CallArguments { Files = files, Folder = folder, Text = text }), Json.FilePage, cancel);

    public Task StopFindingAsync(string files, CancellationToken cancel) => TellAsync(CallNames.StopFinding, new CallArguments { Files = files }, cancel);

    public Task CloseFilesAsync(string files, CancellationToken cancel) => TellAsync(CallNames.CloseFiles, new CallArguments { Files = files }, cancel);

    public async Task<RunState> PrepareAsync(RunRequest request, CancellationToken cancel)
    {
        var answer = SendAsync(CallNames.Prepare, JsonSerializer.SerializeToElement(request, Json.RunRequest), cancel);
        try
        {
            return ResultOf(await answer.WaitAsync(cancel).ConfigureAwait(false), Json.RunState);
        }
        catch (OperationCanceledException)
        {
            _ = LetGoAsync(answer);
            throw;
        }
    }

    public Task<RunState> StartAsync(int run, string? confirm, CancellationToken cancel) =>
        AskAsync(CallNames.Start, Some(new CallArguments { Run = run, Confirm = confirm }), Json.RunState, cancel);

    public Task CancelAsync(int run, CancellationToken cancel) => TellAsync(CallNames.Cancel, new CallArguments { Run = run }, cancel);

    public Task<IReadOnlyList<RunState>> GetRunsAsync(CancellationToken cancel) => AskAsync(CallNames.GetRuns, null, Json.IReadOnlyListRunState, cancel);

    public Task<IReadOnlyList<LogLine>> GetLogAsync(long after, CancellationToken cancel) =>
        AskAsync(CallNames.GetLog, Some(new CallArguments { After = after }), Json.IReadOnlyListLogLine, cancel);

    public Task<BootCheck> CheckBootAsync(int run, CancellationToken cancel) => AskAsync(CallNames.CheckBoot, Some(new CallArguments { Run = run }), Json.BootCheck, cancel);

    public Task<BootCheck> MakeBootableAsync(int run, string remedy, CancellationToken cancel) =>
        AskAsync(CallNames.MakeBootable, Some(new CallArguments { Run = run, Remedy = remedy }), Json.BootCheck, cancel);

    public Task<IReadOnlyList<string>> GetKeyboardsAsync(CancellationToken cancel) => AskAsync(CallNames.GetKeyboards, null, Json.IReadOnlyListString, cancel);

    public Task SetKeyboardAsync(string layout, CancellationToken cancel) => TellAsync(CallNames.SetKeyboard, new CallArguments { Layout = layout }, cancel);

    public Task<IReadOnlyList<NetworkPort>> GetNetworkAsync(CancellationToken cancel) => AskAsync(CallNames.GetNetwork, null, Json.IReadOnlyListNetworkPort, cancel);

    public async Task ConfigureNetworkAsync(NetworkRequest request, CancellationToken cancel) => Check(
        await SendAsync(CallNames.ConfigureNetwork, JsonSerializer.SerializeToElement(request, Json.NetworkRequest), cancel).WaitAsync(cancel).ConfigureAwait(false));

    public Task PowerAsync(PowerAction action, CancellationToken cancel) => TellAsync(CallNames.Power, new CallArguments { Action = action }, cancel);

    public Task<AgentStatus> GetJobsAsync(CancellationToken cancel) => AskAsync(CallNames.GetJobs, null, Json.AgentStatus, cancel);

    public async Task<int> StartJobAsync(string job, CancellationToken cancel) =>
        (await AskAsync(CallNames.StartJob, Some(new CallArguments { Job = job }), Json.JobStarted, cancel).ConfigureAwait(false)).Number;

    /// <summary>Hangs up: what was planned over this connection is let go, what runs goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_channel is { } channel) await channel.DisposeAsync().ConfigureAwait(false);
        _connecting.Dispose();
    }

    /// <summary>The connection; made where there is none, or none any more.</summary>
    private async Task<HostChannel> ChannelAsync(CancellationToken cancel)
    {
        await _connecting.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_channel is { IsGone: false } open) return open;
            if (_channel is { } gone) await gone.DisposeAsync().ConfigureAwait(false);
            _channel = null;
            return _channel = await OpenAsync(path, cancel).ConfigureAwait(false);
        }
        finally
        {
            _connecting.Release();
        }
    }

    private static async Task<HostChannel> OpenAsync(string path, CancellationToken cancel)
    {
        var channel = await HostChannel.ConnectAsync(path, cancel).ConfigureAwait(false);
        try
        {
            var hello = ResultOf(await channel.SendAsync(CallNames.Hello, null, cancel).WaitAsync(cancel).ConfigureAwait(false), Json.HelloResult);
            if (hello.Protocol == CallNames.ProtocolVersion) return channel;
            throw new HostException(new Problem($"the host at {path} is RescueKit {hello.Version}, which speaks another protocol ({hello.Protocol})", "host_gone",
                "use the same version of RescueKit for both", 1));
        }
        catch
        {
            await channel.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<AnswerMessage> SendAsync(string call, JsonElement? arguments, CancellationToken cancel)
    {
        var channel = await ChannelAsync(cancel).ConfigureAwait(false);
        return await channel.SendAsync(call, arguments, cancel).ConfigureAwait(false);
    }

    private static JsonElement Some(CallArguments arguments) => JsonSerializer.SerializeToElement(arguments, Json.CallArguments);

    private async Task TellAsync(string call, CallArguments arguments, CancellationToken cancel) =>
        Check(await SendAsync(call, Some(arguments), cancel).WaitAsync(cancel).ConfigureAwait(false));

    private async Task<T> AskAsync<T>(string call, JsonElement? arguments, JsonTypeInfo<T> type, CancellationToken cancel) =>
        ResultOf(await SendAsync(call, arguments, cancel).WaitAsync(cancel).ConfigureAwait(false), type);

    /// <summary>A plan that comes when nobody waits for it any more would hold its disks.</summary>
    private async Task LetGoAsync(Task<AnswerMessage> answer)
    {
        try
        {
            var run = ResultOf(await answer.ConfigureAwait(false), Json.RunState);
            await CancelAsync(run.Id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HostException or OperationCanceledException or ObjectDisposedException)
        {
            // There is no plan, or it is let go with the connection.
        }
    }

    private static T ResultOf<T>(AnswerMessage answer, JsonTypeInfo<T> type)
    {
        Check(answer);
        try
        {
            if (answer.Result is { } result && result.Deserialize(type) is { } value) return value;
        }
        catch (JsonException)
        {
            // As an answer without a result.
        }
        throw new HostException(new Problem("the host's answer cannot be read", "host_gone", "use the same version of RescueKit for the host and for this", 1));
    }

    private static void Check(AnswerMessage answer)
    {
        if (answer.Error is { } problem) throw new HostException(problem);
    }
}
