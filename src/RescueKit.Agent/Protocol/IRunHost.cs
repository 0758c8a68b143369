using RescueKit.Engine.Inspection;

namespace RescueKit.Agent.Protocol;

/// <summary>
/// The process that owns the runs, as every UI sees it: on the screen, a serial line or SSH, in the rescue environment or in the OS. All see
/// the same runs and places. Implemented by the host itself and, over its local socket, by <see cref="HostClient"/>.
/// Whatever fails throws <see cref="HostException"/>, whose <see cref="Problem"/> can be shown as it is.
/// </summary>
public interface IRunHost : IAsyncDisposable
{
    Task<MachineInfo> GetMachineAsync(CancellationToken cancel);

    /// <summary>Whether disks or places have come or gone since these marks were last asked for; no disk is touched.</summary>
    Task<ChangeMarks> GetChangesAsync(CancellationToken cancel);

    /// <summary>All disks, looked into anew: partitions, file systems, used bytes.</summary>
    Task<IReadOnlyList<DiskDocument>> GetDisksAsync(CancellationToken cancel);

    Task<IReadOnlyList<Place>> GetPlacesAsync(CancellationToken cancel);

    /// <summary>Mounts a partition or share; returns when it can be used.</summary>
    Task<Place> AttachAsync(PlaceRequest request, CancellationToken cancel);
    Task DetachAsync(string placeId, CancellationToken cancel);

    /// <summary>md arrays, LVM volume groups and LUKS encryptions, open or not. The disks are looked into anew.</summary>
    Task<IReadOnlyList<Container>> GetContainersAsync(CancellationToken cancel);

    /// <summary>Opens one read-only: nothing is written to its members. Those inside it can be seen then.</summary>
    /// <param name="container">Its id; its name or a member's node where no other one has it.</param>
    /// <param name="passphrase">Of LUKS.</param>
    Task<Container> OpenContainerAsync(string container, string? passphrase, CancellationToken cancel);

    /// <summary>Closes one that this host opened; refused while something of it is in use.</summary>
    Task CloseContainerAsync(string container, CancellationToken cancel);

    /// <summary>Files and folders of a folder of a place, folders first; images are recognised by their content.</summary>
    /// <param name="folder">Relative to the place; "" for its top.</param>
    Task<IReadOnlyList<PlaceEntry>> BrowseAsync(string placeId, string folder, CancellationToken cancel);

    /// <summary>Images at the top of all places and in folders just below, newest first.</summary>
    Task<IReadOnlyList<FoundImage>> FindImagesAsync(CancellationToken cancel);

    /// <summary>What an image tells of itself; of an encrypted one all of it only with its passphrase.</summary>
    Task<ImageDocument> GetImageAsync(string path, string? passphrase, CancellationToken cancel);

    /// <summary>Mounts a partition of an image, read-only, so that its files can be looked at; nothing is unpacked.</summary>
    /// <param name="partition">Null for the only one that has files.</param>
    Task<OpenedFiles> OpenFilesAsync(string path, int? partition, string? passphrase, CancellationToken cancel);

    /// <summary>A folder of it. What its links name is looked for in the image, too.</summary>
    /// <param name="behind">Only files whose names come behind this one; null for the first.</param>
    Task<FilePage> ListFilesAsync(string files, string folder, string? behind, CancellationToken cancel);

    /// <summary>Files with a text in their names, in a folder and all below it. Ends another search in the same partition.</summary>
    Task<FilePage> FindFilesAsync(string files, string folder, string text, CancellationToken cancel);

    /// <summary>A search that is under way returns with what it has found.</summary>
    Task StopFindingAsync(string files, CancellationToken cancel);

    Task CloseFilesAsync(string files, CancellationToken cancel);

    /// <summary>Looks into a run and plans it; its disks are held from now on. Nothing is written before <see cref="StartAsync"/>.</summary>
    Task<RunState> PrepareAsync(RunRequest request, CancellationToken cancel);

    /// <summary>Executes a planned run; returns at once.</summary>
    /// <param name="confirm">What the person typed; must be the plan's confirm id where it has one.</param>
    Task<RunState> StartAsync(int run, string? confirm, CancellationToken cancel);

    /// <summary>Lets go of a planned run, or asks a running one to stop; nothing for one that has ended.</summary>
    Task CancelAsync(int run, CancellationToken cancel);

    /// <summary>Planned, running and ended runs, in the order in which they were prepared.</summary>
    Task<IReadOnlyList<RunState>> GetRunsAsync(CancellationToken cancel);

    /// <summary>Lines of the host's log with numbers above <paramref name="after"/>.</summary>
    Task<IReadOnlyList<LogLine>> GetLogAsync(long after, CancellationToken cancel);

    /// <summary>Whether the firmware of this machine would start a disk that a run has written, and what could be done.</summary>
    Task<BootCheck> CheckBootAsync(int run, CancellationToken cancel);

    /// <summary>Does one of the actions of <see cref="BootCheck.Remedies"/>.</summary>
    Task<BootCheck> MakeBootableAsync(int run, string remedy, CancellationToken cancel);

    /// <summary>Names of keyboard layouts, as `us`; empty where this machine's are not the environment's to change.</summary>
    Task<IReadOnlyList<string>> GetKeyboardsAsync(CancellationToken cancel);
    Task SetKeyboardAsync(string layout, CancellationToken cancel);

    Task<IReadOnlyList<NetworkPort>> GetNetworkAsync(CancellationToken cancel);
    Task ConfigureNetworkAsync(NetworkRequest request, CancellationToken cancel);

    /// <summary>Only in the rescue environment, and not while a run is going on.</summary>
    Task PowerAsync(PowerAction action, CancellationToken cancel);
}
