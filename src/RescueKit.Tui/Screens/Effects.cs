using RescueKit.Agent.Protocol;
using RescueKit.Tui.Screens.Parts;

namespace RescueKit.Tui.Screens;

/// <summary>Something that a screen wants done outside; its result comes back as a message.</summary>
internal abstract record Effect;

/// <summary>Hands the terminal to a shell until that ends.</summary>
internal sealed record OpenShell : Effect;

/// <summary>Ends this UI; runs go on.</summary>
internal sealed record LeaveUi : Effect;

/// <summary>Draws everything anew.</summary>
internal sealed record RedrawAll : Effect;

/// <param name="What">"looking at the disks", shown while it lasts; null for what is asked over and over.</param>
/// <param name="State">What state things are in if it fails.</param>
internal sealed record HostCall(string? What, string? State, Func<IRunHost, CancellationToken, Task<Message>> Run) : Effect;

/// <summary>The calls to the host, each in one place.</summary>
internal static class Calls
{
    private const string Untouched = "Nothing has been written.";

    public static HostCall Machine() => new(null, null, async (h, c) => Learn(await h.GetMachineAsync(c), (w, v) => w with { Machine = v, Connected = true }));
    public static HostCall Runs() => new(null, null, async (h, c) => Learn(await h.GetRunsAsync(c), (w, v) => w with { Runs = v, Connected = true }));

    public static HostCall Changes() => new(null, null, async (h, c) => Learn(await h.GetChangesAsync(c), (w, v) => w with { Changes = v }));

    public static HostCall Disks() => new("looking into the disks", null, async (h, c) => Learn(await h.GetDisksAsync(c), (w, v) => w with { Disks = v }));
    public static HostCall Places() => new("looking at the places", null, async (h, c) => Learn(await h.GetPlacesAsync(c), (w, v) => w with { Places = v }));
    public static HostCall Images() => new("looking for images", null, async (h, c) => Learn(await h.FindImagesAsync(c), (w, v) => w with { Images = v }));

    public static HostCall Log(long after) => new(null, null, async (h, c) => Learn(await h.GetLogAsync(after, c), (w, v) => w.WithLog(v)));
    public static HostCall Keyboards() => new("asking for keyboards", null, async (h, c) => Learn(await h.GetKeyboardsAsync(c), (w, v) => w with { Keyboards = v }));
    public static HostCall Network() => new("looking at the network", null, async (h, c) => Learn(await h.GetNetworkAsync(c), (w, v) => w with { Network = v }));

    public static HostCall Browse(string place, string folder) =>
        new("reading the folder", null, async (h, c) => new Browsed(place, folder, await h.BrowseAsync(place, folder, c)));

    public static HostCall OpenImage(string path, string? passphrase) =>
        new("opening the image", Untouched, async (h, c) => new ImageOpened(path, passphrase, await h.GetImageAsync(path, passphrase, c)));

    public static HostCall OpenFiles(string image, int partition, string? passphrase) =>
        new("opening the partition", Untouched, async (h, c) => new FilesOpened(await h.OpenFilesAsync(image, partition, passphrase, c)));

    public static HostCall ListFiles(string files, string folder, string? behind) =>
        new("reading the folder", null, async (h, c) => new FilesListed(files, folder, behind, await h.ListFilesAsync(files, folder, behind, c)));

    public static HostCall FindFiles(string files, string folder, string text) =>
        new("searching", null, async (h, c) => new FilesFound(files, text, await h.FindFilesAsync(files, folder, text, c)));

    public static HostCall StopFinding(string files) => new("ending the search", null, async (h, c) =>
    {
        await h.StopFindingAsync(files, c);
        return new FilesLeft(files);
    });

    public static HostCall CloseFiles(string files) => new("closing the image", null, async (h, c) =>
    {
        await h.CloseFilesAsync(files, c);
        return new FilesLeft(files);
    });

    /// <param name="instead">A planned run to let go of first: it holds the same disks.</param>
    public static HostCall Prepare(RunRequest request, int? instead = null) => new("making the plan", Untouched, async (h, c) =>
    {
        if (instead is { } old) await h.CancelAsync(old, c);
        return new Prepared(request, await h.PrepareAsync(request, c));
    });

    public static HostCall Start(int run, string? confirm) =>
        new("starting", "The run has not begun: nothing has been written.", async (h, c) => new Started((await h.StartAsync(run, confirm, c)).Id));

    public static HostCall Cancel(int run) => new("cancelling", "The run may still be going on: look at its screen.", async (h, c) =>
    {
        await h.CancelAsync(run, c);
        return Learn(await h.GetRunsAsync(c), (w, v) => w with { Runs = v });
    });

    public static HostCall Attach(PlaceRequest request) => new($"attaching {request.Address}", "Nothing has been attached.", async (h, c) =>
        new Attached(await h.AttachAsync(request, c)));

    public static HostCall Detach(Place place) => new($"detaching {place.Name}", "It is still attached.", async (h, c) =>
    {
        await h.DetachAsync(place.Id, c);
        return new Detached();
    });

    public static HostCall Containers() =>
        new("looking for LVM, RAID and LUKS", null, async (h, c) => Learn(await h.GetContainersAsync(c), (w, v) => w with { Containers = v }));

    public static HostCall OpenContainer(Container container, string? passphrase) =>
        new($"opening {ContainerRows.Name(container)}", "It is closed; nothing has been written.", async (h, c) =>
            new ContainerTurned((await h.OpenContainerAsync(container.Id, passphrase, c)).Id));

    public static HostCall CloseContainer(Container container) => new($"closing {ContainerRows.Name(container)}", "It is still open, read-only.", async (h, c) =>
    {
        await h.CloseContainerAsync(container.Id, c);
        return new ContainerTurned(container.Id);
    });

    public static HostCall CheckBoot(int run) => new("asking whether this machine would start it", "The disk itself is as the receipt says.", async (h, c) =>
        new BootChecked(run, await h.CheckBootAsync(run, c)));

    public static HostCall MakeBootable(int run, BootRemedy remedy) => new(remedy.Text, "What was written to the disk is untouched.", async (h, c) =>
        new BootChecked(run, await h.MakeBootableAsync(run, remedy.Id, c)));

    public static HostCall SetKeyboard(string layout) => new("changing the keyboard", "The layout is as it was.", async (h, c) =>
    {
        await h.SetKeyboardAsync(layout, c);
        return Learn(await h.GetMachineAsync(c), (w, v) => w with { Machine = v });
    });

    public static HostCall Configure(NetworkRequest request) => new($"configuring {request.Port}", null, async (h, c) =>
    {
        await h.ConfigureNetworkAsync(request, c);
        return new Configured(request.Port);
    });

    public static HostCall Power(PowerAction action) => new(action == PowerAction.Restart ? "restarting" : "switching off", "The machine goes on running.",
        async (h, c) =>
        {
            await h.PowerAsync(action, c);
            return new Configured("power");
        });

    private static Learned Learn<T>(T value, Func<World, T, World> apply) => new(w => apply(w, value));
}
