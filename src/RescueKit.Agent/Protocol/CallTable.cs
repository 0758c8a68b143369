using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RescueKit.Model;
using Names = RescueKit.Agent.Protocol.CallNames;

namespace RescueKit.Agent.Protocol;

/// <summary>Turns a call's name and arguments into the call on the host, and its result into JSON.</summary>
internal static class CallTable
{
    private static readonly ProtocolJson Json = ProtocolJson.Default;

    /// <param name="jobs">Null where the host has none of its own.</param>
    /// <returns>Null for calls that give nothing.</returns>
    /// <exception cref="UsageException">There is no such call, or its arguments are none.</exception>
    public static async Task<JsonElement?> InvokeAsync(IRunHost host, IJobHost? jobs, CallMessage message, CancellationToken cancel)
    {
        var call = new Call(message.Arguments);
        return message.Call switch
        {
            Names.GetMachine => Out(await host.GetMachineAsync(cancel).ConfigureAwait(false), Json.MachineInfo),
            Names.GetChanges => Out(await host.GetChangesAsync(cancel).ConfigureAwait(false), Json.ChangeMarks),
            Names.GetDisks => Out(await host.GetDisksAsync(cancel).ConfigureAwait(false), Json.IReadOnlyListDiskDocument),
            Names.GetPlaces => Out(await host.GetPlacesAsync(cancel).ConfigureAwait(false), Json.IReadOnlyListPlace),
            Names.Attach => Out(await host.AttachAsync(call.As(Json.PlaceRequest), cancel).ConfigureAwait(false), Json.Place),
            Names.Detach => await Nothing(host.DetachAsync(call.Place, cancel)).ConfigureAwait(false),
            Names.GetContainers => Out(await host.GetContainersAsync(cancel).ConfigureAwait(false), Json.IReadOnlyListContainer),
            Names.OpenContainer => Out(await host.OpenContainerAsync(call.Container, call.Simple.Passphrase, cancel).ConfigureAwait(false), Json.Container),
            Names.CloseContainer => await Nothing(host.CloseContainerAsync(call.Container, cancel)).ConfigureAwait(false),
            Names.Browse => Out(await host.BrowseAsync(call.Place, call.Simple.Folder ?? "", cancel).ConfigureAwait(false), Json.IReadOnlyListPlaceEntry),
            Names.FindImages => Out(await host.FindImagesAsync(cancel).ConfigureAwait(false), Json.IReadOnlyListFoundImage),
            Names.GetImage => Out(await host.GetImageAsync(call.Path, call.Simple.Passphrase, cancel).ConfigureAwait(false), Json.ImageDocument),
            Names.OpenFiles => Out(await host.OpenFilesAsync(call.Path, call.Simple.Partition, call.Simple.Passphrase, cancel).ConfigureAwait(false), Json.OpenedFiles),
            Names.ListFiles => Out(await host.ListFilesAsync(call.Files, call.Simple.Folder ?? "/", call.Simple.Behind, cancel).ConfigureAwait(false), Json.FilePage),
            Names.FindFiles => Out(await host.FindFilesAsync(call.Files, call.Simple.Folder ?? "/", call.Text, cancel).ConfigureAwait(false), Json.FilePage),
            Names.StopFinding => await Nothing(host.StopFindingAsync(call.Files, cancel)).ConfigureAwait(false),
            Names.CloseFiles => await Nothing(host.CloseFilesAsync(call.Files, cancel)).ConfigureAwait(false),
            Names.Prepare => Out(await host.PrepareAsync(call.Request, cancel).ConfigureAwait(false), Json.RunState),
            Names.Start => Out(await host.StartAsync(call.Run, call.Simple.Confirm, cancel).ConfigureAwait(false), Json.RunState),
            Names.Cancel => await Nothing(host.CancelAsync(call.Run, cancel)).ConfigureAwait(false),
            Names.GetRuns => Out(await host.GetRunsAsync(cancel).ConfigureAwait(false), Json.IReadOnlyListRunState),
            Names.GetLog => Out(await host.GetLogAsync(call.Simple.After ?? 0, cancel).ConfigureAwait(false), Json.IReadOnlyListLogLine),
            Names.CheckBoot => Out(await host.CheckBootAsync(call.Run, cancel).ConfigureAwait(false), Json.BootCheck),
            Names.MakeBootable => Out(await host.MakeBootableAsync(call.Run, call.Remedy, cancel).ConfigureAwait(false), Json.BootCheck),
            Names.GetKeyboards => Out(await host.GetKeyboardsAsync(cancel).ConfigureAwait(false), Json.IReadOnlyListString),
            Names.SetKeyboard => await Nothing(host.SetKeyboardAsync(call.Layout, cancel)).ConfigureAwait(false),
            Names.GetNetwork => Out(await host.GetNetworkAsync(cancel).ConfigureAwait(false), Json.IReadOnlyListNetworkPort),
            Names.ConfigureNetwork => await Nothing(host.ConfigureNetworkAsync(call.As(Json.NetworkRequest), cancel)).ConfigureAwait(false),
            Names.Power => await Nothing(host.PowerAsync(call.Action, cancel)).ConfigureAwait(false),
            Names.GetJobs => Out(await Of(jobs).GetJobsAsync(cancel).ConfigureAwait(false), Json.AgentStatus),
            Names.StartJob => Out(new JobStarted(await Of(jobs).StartJobAsync(call.Job, cancel).ConfigureAwait(false)), Json.JobStarted),
            _ => throw new UsageException($"there is no call '{message.Call}'", "the host and its client may be of different versions"),
        };
    }

    private static IJobHost Of(IJobHost? jobs) =>
        jobs ?? throw new UsageException("this host makes no backups on its own", "write /etc/rescuekit/agent.json, then start it anew: systemctl restart rescuekit-agent");

    private static JsonElement? Out<T>(T result, JsonTypeInfo<T> type) => JsonSerializer.SerializeToElement(result, type);

    private static async Task<JsonElement?> Nothing(Task done)
    {
        await done.ConfigureAwait(false);
        return null;
    }

    /// <summary>The arguments of one call; what is missing or of the wrong kind is a usage error.</summary>
    private sealed class Call(JsonElement? arguments)
    {
        private CallArguments? _simple;

        public CallArguments Simple => _simple ??= arguments is null ? new CallArguments() : As(Json.CallArguments);
        public string Place => Simple.Place ?? throw Missing("place");
        public string Container => Simple.Container ?? throw Missing("container");
        public string Path => Simple.Path ?? throw Missing("path");
        public string Files => Simple.Files ?? throw Missing("files");
        public string Text => Simple.Text ?? throw Missing("text");
        public RunRequest Request => As(Json.RunRequest) is { Command: not null } request ? request : throw Missing("command");
        public int Run => Simple.Run ?? throw Missing("run");
        public string Remedy => Simple.Remedy ?? throw Missing("remedy");
        public string Layout => Simple.Layout ?? throw Missing("layout");
        public string Job => Simple.Job ?? throw Missing("job");
        public PowerAction Action => Simple.Action ?? throw Missing("action");

        public T As<T>(JsonTypeInfo<T> type) where T : class
        {
            try
            {
                return arguments?.Deserialize(type) ?? throw new UsageException("the call has no arguments");
            }
            catch (JsonException e)
            {
                throw new UsageException($"the call's arguments are none: {e.Message}");
            }
        }

        private static UsageException Missing(string name) => new($"the call lacks its argument '{name}'");
    }
}
