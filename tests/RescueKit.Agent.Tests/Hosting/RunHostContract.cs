using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Hosting;

/// <summary>What a host does, whether it is talked to directly or over its socket. On real disks in files.</summary>
public abstract class RunHostContract : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly MadeUpRoot _root = new();
    private readonly LayeredTools _tools = new();
    private IRunHost? _host;

    protected TempFolder Folder { get; } = new();
    protected RunHost Inner { get; private set; } = null!;
    protected HostOptions Options { get; private set; } = null!;
    protected CancellationToken Cancel => _limit.Token;
    private IRunHost Host => _host!;

    private protected MadeUpRoot Root => _root;

    public async Task InitializeAsync()
    {
        Root.Folder("/sys/firmware/efi").File("/proc/sys/kernel/hostname", "web1\n");
        Options = new HostOptions
        {
            Factory = new EngineRunFactory(),
            Version = "1.2.3",
            RuntimeFolder = Folder.File("run"),
            StateFolder = Folder.File("state"),
            Root = _root.Root,
            Tools = _tools,
        };
        Inner = new RunHost(Options);
        _host = await OpenAsync();
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        await CloseAsync();
        await Inner.DisposeAsync();
        _root.Dispose();
        Folder.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task A_disk_is_backed_up_and_restored_and_each_run_ends_with_its_receipt()
    {
        var disk = RealDisk.SmallGpt(Folder.FullPath);
        var image = Folder.File("disk.rki");
        var planned = await Prepare("image", "create", disk.Path, image);
        Assert.Equal((RunStage.Planned, "backup"), (planned.Stage, planned.Plan.Operation));
        Assert.Null(planned.Progress);
        Assert.False(File.Exists(image));
        var created = await Finish(planned.Id);
        Assert.Equal("complete", created.Receipt!.Verdict);
        Assert.Equal(image + ".receipt.json", created.ReceiptPath);
        Assert.Null(created.Problem);

        var target = Folder.File("new.raw");
        var restored = await Run("image", "restore", image, target);
        Assert.Equal(["image", "restore", image, target], restored.Command);
        Assert.Equal("complete", restored.Receipt!.Verdict);
        Assert.StartsWith(Folder.File("disk-20"), restored.ReceiptPath, StringComparison.Ordinal);
        Assert.Contains("\"operation\": \"restore\"", await File.ReadAllTextAsync(restored.ReceiptPath!), StringComparison.Ordinal);
        disk.MustEqual(target);
        Assert.Equal([created.Id, restored.Id], (await Host.GetRunsAsync(Cancel)).Select(run => run.Id));
    }

    [Fact]
    public async Task Writing_over_a_disk_needs_its_id_and_a_wrong_one_leaves_the_plan_as_it_is()
    {
        var disk = RealDisk.SmallGpt(Folder.FullPath);
        var target = SparseFile.Create(Folder.File("victim.raw"), 16 << 20);
        var planned = await Prepare("clone", disk.Path, target);
        Assert.Equal("victim.raw", planned.Plan.ConfirmId);
        foreach (var wrong in new[] { null, "", "small-gpt.img", "VICTIM.RAW" })
        {
            var refused = await Refused(() => Host.StartAsync(planned.Id, wrong, Cancel));
            Assert.Equal(("safety", 4), (refused.Kind, refused.ExitCode));
        }
        Assert.Equal(RunStage.Planned, (await Host.GetRunsAsync(Cancel)).Single().Stage);
        var ended = await Finish(planned.Id, "victim.raw");
        Assert.Equal("complete", ended.Receipt!.Verdict);
        Assert.StartsWith(Folder.File("state/receipts/victim-20"), ended.ReceiptPath, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_is_in_one_run_at_a_time_and_is_free_when_its_run_is_let_go()
    {
        var disk = RealDisk.SmallGpt(Folder.FullPath);
        var first = await Prepare("clone", disk.Path, Folder.File("copy.raw"));
        var refused = await Refused(() => Prepare("image", "create", disk.Path, Folder.File("disk.rki")));
        Assert.Equal("safety", refused.Kind);
        Assert.Contains($"run {first.Id}", refused.Error, StringComparison.Ordinal);
        File.CreateSymbolicLink(Folder.File("link.raw"), disk.Path);
        Assert.Equal("safety", (await Refused(() => Prepare("wait", Folder.File("link.raw")))).Kind);

        await Host.CancelAsync(first.Id, Cancel);
        Assert.Empty(await Host.GetRunsAsync(Cancel));
        Assert.Equal("usage", (await Refused(() => Host.StartAsync(first.Id, null, Cancel))).Kind);
        Assert.Equal("complete", (await Run("image", "create", disk.Path, Folder.File("disk.rki"))).Receipt!.Verdict);
    }

    [Fact]
    public async Task Files_are_had_out_of_nothing_but_an_image_that_is_open()
    {
        await File.WriteAllTextAsync(Folder.File("no.rki"), "no image", Cancel);
        await Refused(() => Host.OpenFilesAsync(Folder.File("no.rki"), null, null, Cancel));
        Assert.Equal("usage", (await Refused(() => Host.ListFilesAsync("files1", "/", null, Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.FindFilesAsync("files1", "/", "x", Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.StopFindingAsync("files1", Cancel))).Kind);
        await Host.CloseFilesAsync("files1", Cancel);
    }

    [Fact]
    public async Task Many_runs_may_read_one_image()
    {
        var image = await MakeImage();
        var one = await Prepare("image", "verify", image);
        var two = await Prepare("image", "verify", image);
        Assert.Equal("complete", (await Finish(one.Id)).Receipt!.Verdict);
        Assert.Equal("complete", (await Finish(two.Id)).Receipt!.Verdict);
        Assert.Equal(2, Directory.GetFiles(Folder.FullPath, "disk-20*.json").Length);
    }

    [Fact]
    public async Task A_run_shows_its_progress_and_stops_when_it_is_asked_to()
    {
        var run = await Prepare("wait", Folder.File("nothing"));
        Assert.Equal(RunStage.Running, (await Host.StartAsync(run.Id, null, Cancel)).Stage);
        var seen = await Until(run.Id, state => state.Progress is not null);
        Assert.Equal(("waiting", 1L, 2L, (int?)6), (seen.Progress!.Value.Phase, seen.Progress.Value.DoneBytes, seen.Progress.Value.TotalBytes, seen.Progress.Value.Partition));
        Assert.Equal(TimeSpan.FromSeconds(5), seen.Progress.Value.Remaining);
        Assert.Equal("usage", (await Refused(() => Host.StartAsync(run.Id, null, Cancel))).Kind);
        await Host.CancelAsync(run.Id, Cancel);
        var ended = await Until(run.Id, state => state.Stage == RunStage.Ended);
        Assert.True(ended.Cancelling);
        Assert.True(ended.Receipt!.Cancelled);
        Assert.Equal(130, ended.Problem!.ExitCode);
        await Host.CancelAsync(run.Id, Cancel);
    }

    [Fact]
    public async Task What_is_kept_of_a_run_on_an_encrypted_image_tells_nothing_of_the_disk()
    {
        var image = await MakeImage("secret words");
        var clear = await Host.GetImageAsync(image, null, Cancel);
        Assert.Equal((true, false), (clear.Encrypted, clear.Opened));
        Assert.Equal("wrong_passphrase", (await Refused(() => Host.GetImageAsync(image, "other", Cancel))).Kind);
        Assert.Equal(3, (await Host.GetImageAsync(image, "secret words", Cancel)).Partitions.Count);
        var planned = await Host.PrepareAsync(new RunRequest(["image", "verify", image], "secret words"), Cancel);
        var ended = await Finish(planned.Id);
        Assert.Equal("complete", ended.Receipt!.Verdict);
        Assert.NotEmpty(ended.Receipt.Partitions);
        var kept = await File.ReadAllTextAsync(ended.ReceiptPath!);
        Assert.Contains("\"partitions\": []", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("ext4", kept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passphrases_of_partitions_reach_who_makes_the_run_and_no_log()
    {
        var planned = await Host.PrepareAsync(new RunRequest(["told", "2"], "of the image", new Dictionary<int, string> { [2] = "hush" }), Cancel);
        Assert.Equal("hush", planned.Plan.Onto.Path);
        Assert.DoesNotContain(await Host.GetLogAsync(0, Cancel), line => line.Text.Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_receipt_goes_where_the_command_line_wants_it_and_a_place_that_cannot_hold_it_ends_the_run_before_it_begins()
    {
        var image = await MakeImage();
        var wanted = Folder.File("wanted.json");
        Assert.Equal(wanted, (await Run("image", "verify", image, "--receipt", wanted)).ReceiptPath);
        Assert.True(File.Exists(wanted));
        var ended = await Run("image", "verify", image, "--receipt", image);
        Assert.Null(ended.Receipt);
        Assert.Equal("safety", ended.Problem!.Kind);
    }

    [Fact]
    public async Task A_damaged_image_is_a_problem_with_its_exit_code()
    {
        var image = await MakeImage();
        using (var file = new FileStream(image, FileMode.Open))
        {
            file.Position = file.Length / 2;
            file.Write(new byte[4096]);
        }
        var ended = await Run("image", "verify", image);
        Assert.Equal(3, ended.Problem!.ExitCode);
        Assert.Equal("failed", ended.Receipt!.Verdict);
    }

    [Fact]
    public async Task A_folder_becomes_a_place_whose_images_are_found_by_their_content()
    {
        var image = await MakeImage();
        var marks = await Host.GetChangesAsync(Cancel);
        Assert.Equal(marks, await Host.GetChangesAsync(Cancel));
        var place = await Host.AttachAsync(new PlaceRequest { Kind = PlaceKind.Folder, Address = Folder.FullPath }, Cancel);
        Assert.Equal(marks.Devices, (await Host.GetChangesAsync(Cancel)).Devices);
        Assert.NotEqual(marks.Places, (await Host.GetChangesAsync(Cancel)).Places);
        Assert.True(place.FreeBytes > 0);
        Assert.Equal(place, (await Host.GetPlacesAsync(Cancel)).Single(known => known.Id == place.Id) with { FreeBytes = place.FreeBytes, Disks = place.Disks });
        File.Copy(image, Path.Combine(Folder.Folder("below"), "renamed.bin"));
        Folder.Folder("below/too/deep");
        File.Copy(image, Folder.File("below/too/deep.rki"));

        var entries = await Host.BrowseAsync(place.Id, "", Cancel);
        Assert.True(entries.Single(entry => entry.Name == "disk.rki") is { IsImage: true, IsFolder: false, Length: > 0 });
        Assert.True(entries.Single(entry => entry.Name == "small-gpt.img") is { IsImage: false, IsFolder: false });
        Assert.True(entries[0].IsFolder);
        Assert.Equal(["too", "renamed.bin"], (await Host.BrowseAsync(place.Id, "below", Cancel)).Select(entry => entry.Name));
        Assert.Equal("usage", (await Refused(() => Host.BrowseAsync(place.Id, "../..", Cancel))).Kind);

        var found = (await Host.FindImagesAsync(Cancel)).Where(known => known.Path.StartsWith(Folder.FullPath, StringComparison.Ordinal)).ToList();
        Assert.Equal([Folder.File("below/renamed.bin"), image], found.Select(known => known.Path).Order(StringComparer.Ordinal));
        Assert.All(found, known => Assert.Equal(3, known.Image!.Partitions.Count));

        await Host.DetachAsync(place.Id, Cancel);
        Assert.Equal(marks, await Host.GetChangesAsync(Cancel));
        Assert.DoesNotContain(await Host.GetPlacesAsync(Cancel), known => known.Id == place.Id);
        Assert.Equal("usage", (await Refused(() => Host.DetachAsync(place.Id, Cancel))).Kind);
    }

    [Fact]
    public async Task LUKS_is_listed_opened_with_its_passphrase_and_closed()
    {
        var closed = Assert.Single(await Host.GetContainersAsync(Cancel));
        Assert.Equal((ContainerKind.Luks, "secret", false, 0), (closed.Kind, closed.Name, closed.IsOpen, closed.Volumes.Count));
        var wrong = await Refused(() => Host.OpenContainerAsync(closed.Id, "other", Cancel));
        Assert.Equal("wrong_passphrase", wrong.Kind);
        var open = await Host.OpenContainerAsync(closed.Id, LayeredTools.Passphrase, Cancel);
        Assert.Equal((true, true), (open.IsOpen, open.IsOurs));
        Assert.Equal(("ext4", "inside", 4096L), (open.Volumes[0].FileSystem, open.Volumes[0].Label, open.Volumes[0].Length));
        Assert.Equal("safety", (await Refused(() => Prepare("wait", LayeredTools.Disk))).Kind);
        await Host.CloseContainerAsync(closed.Id, Cancel);
        Assert.False(Assert.Single(await Host.GetContainersAsync(Cancel)).IsOpen);
        Assert.Equal("usage", (await Refused(() => Host.CloseContainerAsync(closed.Id, Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.OpenContainerAsync("nothing", null, Cancel))).Kind);
        Assert.DoesNotContain(await Host.GetLogAsync(0, Cancel), line => line.Text.Contains(LayeredTools.Passphrase, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_machine_and_the_log_are_told()
    {
        var machine = await Host.GetMachineAsync(Cancel);
        Assert.Equal(("1.2.3", "web1", "UEFI", false), (machine.Version, machine.HostName, machine.Firmware, machine.IsRescueEnvironment));
        Inner.Log("one");
        var before = (await Host.GetLogAsync(0, Cancel))[^1];
        Assert.Equal("one", before.Text);
        Inner.Log("two");
        Assert.Equal(["two"], (await Host.GetLogAsync(before.Number, Cancel)).Select(line => line.Text));
        Assert.NotNull(await Host.GetDisksAsync(Cancel));
        Assert.Empty(await Host.GetKeyboardsAsync(Cancel));
        Assert.Empty(await Host.GetNetworkAsync(Cancel));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_in_words()
    {
        var none = await Refused(() => Prepare("disk", "list"));
        Assert.Equal(("usage", 2), (none.Kind, none.ExitCode));
        Assert.Equal("usage", (await Refused(() => Host.StartAsync(99, null, Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.CancelAsync(99, Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.CheckBootAsync(99, Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.BrowseAsync("nowhere", "", Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.PowerAsync(PowerAction.PowerOff, Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.SetKeyboardAsync("de", Cancel))).Kind);
        Assert.Equal("usage", (await Refused(() => Host.ConfigureNetworkAsync(new NetworkRequest { Port = "eth0", Dhcp = true }, Cancel))).Kind);
        Assert.Equal("device", (await Refused(() => Prepare("image", "create", Folder.File("missing"), Folder.File("x.rki")))).Kind);
        Assert.Empty(await Host.GetRunsAsync(Cancel));
    }

    [Fact]
    public async Task A_written_disk_is_looked_at_whether_the_firmware_would_start_it()
    {
        var image = await MakeImage();
        Assert.Equal("usage", (await Refused(() => Host.CheckBootAsync(1, Cancel))).Kind);
        var restored = await Run("image", "restore", image, Folder.File("new.raw"));
        var check = await Host.CheckBootAsync(restored.Id, Cancel);
        Assert.Equal("not yet bootable", check.Verdict);
        Assert.Contains("no loader", check.Reasons[0], StringComparison.Ordinal);
        Assert.Equal("usage", (await Refused(() => Host.MakeBootableAsync(restored.Id, "fallback:EFI/debian/shimx64.efi", Cancel))).Kind);
    }

    /// <summary>What the tests talk to; <see cref="Inner"/> is behind it.</summary>
    protected abstract Task<IRunHost> OpenAsync();

    protected abstract Task CloseAsync();

    private async Task<string> MakeImage(string? passphrase = null)
    {
        var image = Folder.File("disk.rki");
        var planned = await Host.PrepareAsync(new RunRequest(["image", "create", RealDisk.SmallGpt(Folder.FullPath).Path, image], passphrase), Cancel);
        Assert.Equal("complete", (await Finish(planned.Id)).Receipt!.Verdict);
        return image;
    }

    private Task<RunState> Prepare(params string[] command) => Host.PrepareAsync(new RunRequest(command), Cancel);

    private async Task<RunState> Run(params string[] command) => await Finish((await Prepare(command)).Id);

    private async Task<RunState> Finish(int id, string? confirm = null)
    {
        await Host.StartAsync(id, confirm, Cancel);
        return await Until(id, state => state.Stage == RunStage.Ended);
    }

    private async Task<RunState> Until(int id, Func<RunState, bool> reached)
    {
        while (true)
        {
            var state = (await Host.GetRunsAsync(Cancel)).Single(run => run.Id == id);
            if (reached(state)) return state;
            await Task.Delay(20, Cancel);
        }
    }

    private static async Task<Problem> Refused(Func<Task> call) => (await Assert.ThrowsAsync<HostException>(call)).Problem;
}

public sealed class DirectHostTests : RunHostContract
{
    protected override Task<IRunHost> OpenAsync() => Task.FromResult<IRunHost>(Inner);
    protected override Task CloseAsync() => Task.CompletedTask;
}

public sealed class SocketHostTests : RunHostContract
{
    private HostServer? _server;

    protected override async Task<IRunHost> OpenAsync()
    {
        var path = Folder.File("host.sock");
        _server = HostServer.Start(path, Inner, Options);
        return await HostClient.ConnectAsync(path, Cancel);
    }

    protected override async Task CloseAsync() => await _server!.DisposeAsync();
}
