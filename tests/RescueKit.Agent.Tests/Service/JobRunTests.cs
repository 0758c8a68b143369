using RescueKit.Agent.Hosting;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Service;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Service;

/// <summary>Runs of the engine itself, and what is removed after them.</summary>
public sealed class JobRunTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly List<string> _log = [];
    private readonly MadeUpRoot _root = new();
    private RunHost _host = null!;
    private JobRun _run = null!;
    private List<JobImage> _images = [];
    private JobPlace? _place;
    private Retention _rule = new(2, null);
    private JobOptions _options = new() { Hot = false };
    private Action<JobImage> _removing = _ => { };

    public Task InitializeAsync()
    {
        File.WriteAllBytes(_folder.File("disk.raw"), new byte[1 << 20]);
        _host = new RunHost(new HostOptions { Factory = new EngineRunFactory(), Version = "1", RuntimeFolder = _folder.File("run"), StateFolder = _folder.File("state") });
        _run = new JobRun(new HostCarrier(_host), new FolderMounts(_root.Root), new EngineRunFactory().Explain, _clock, _log.Add);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Dispose();
        _root.Dispose();
    }

    [Fact]
    public async Task Only_images_that_the_job_made_are_removed()
    {
        var backup = _folder.Folder("backup");
        var first = await RunAsync();
        File.WriteAllText(Path.Combine(backup, "web1-a-2020-01-01-000000.rki"), "somebody else's, by a name of the job's");
        var second = await RunAsync();
        // Put in the place of the first one by somebody: the name is the job's, the image is not.
        File.Copy(second.Result.Image, first.Result.Image, overwrite: true);
        var third = await RunAsync();
        Assert.Empty(second.Removed);
        Assert.Equal([second.Made!], third.Removed.Append(second.Made!).Distinct());
        Assert.True(File.Exists(first.Result.Image), "an image with another id was removed");
        Assert.True(File.Exists(Path.Combine(backup, "web1-a-2020-01-01-000000.rki")));
        Assert.True(File.Exists(third.Result.Image));
    }

    [Fact]
    public async Task The_oldest_goes_with_its_receipt_and_an_unfinished_one_before_it()
    {
        var first = await RunAsync();
        Assert.True(File.Exists(first.Result.Image + ".receipt.json"));
        var second = await RunAsync();
        // Cut off, as by a crash.
        using (var file = File.OpenWrite(second.Result.Image)) file.SetLength(file.Length - 1000);
        _images[1] = second.Made! with { ExitCode = 1 };
        Assert.Equal([_images[1]], (await RunAsync()).Removed);
        Assert.Equal([first.Made!], (await RunAsync()).Removed);
        Assert.Equal(4, Directory.GetFiles(_folder.File("backup")).Length);
        Assert.Contains(_log, line => line == $"job a: removed {first.Result.Image}");
    }

    [Fact]
    public async Task An_image_whose_path_an_older_agent_wrote_with_two_slashes_is_the_jobs_too()
    {
        var first = await RunAsync();
        _images[0] = first.Made! with { Path = first.Made.Path.Replace("/backup/", "//backup//", StringComparison.Ordinal) };
        await RunAsync();
        Assert.Single((await RunAsync()).Removed);
        Assert.False(File.Exists(first.Result.Image));
    }

    [Fact]
    public async Task What_was_complete_and_has_no_end_now_stays_and_an_older_good_one_with_it()
    {
        var first = await RunAsync();
        var second = await RunAsync();
        using (var file = File.OpenWrite(second.Result.Image)) file.SetLength(file.Length - 1000);
        var third = await RunAsync();
        Assert.Empty(third.Removed);
        Assert.Contains($"{second.Result.Image} was complete, and its end is not to be seen now", Assert.Single(third.Result.Warnings), StringComparison.Ordinal);
        Assert.Equal([first.Made!], (await RunAsync()).Removed);
        Assert.Equal([0, 0, 0], _images.Select(image => image.ExitCode!.Value));
    }

    [Fact]
    public async Task What_a_removal_that_broke_off_has_left_goes_with_the_next_one()
    {
        var disk = new byte[3 << 20];
        new Random(1).NextBytes(disk);
        File.WriteAllBytes(_folder.File("disk.raw"), disk);
        _options = _options with { Split = $"{1 << 20}" };
        var first = await RunAsync();
        var parts = Directory.GetFiles(_folder.File("backup")).Order().ToArray();
        Assert.True(parts.Length > 3, $"{parts.Length} files");
        var second = await RunAsync();
        _removing = image =>
        {
            Assert.Equal(parts, Directory.GetFiles(_folder.File("backup")).Intersect(parts).Order());
            foreach (var part in parts.Where(part => part != image.Path && !part.EndsWith(".json", StringComparison.Ordinal))) File.Delete(part);
            throw new IOException("the power is cut");
        };
        var third = await RunAsync();
        Assert.Equal((0, 1), (third.Removed.Count, third.Result.Warnings.Count));
        Assert.True(_images[0].IsGoing);
        _removing = _ => { };
        var fourth = await RunAsync();
        Assert.Equal([first.Made! with { IsGoing = true }, second.Made!], fourth.Removed);
        Assert.Empty(fourth.Result.Warnings);
        Assert.DoesNotContain(Directory.GetFiles(_folder.File("backup")), parts.Contains);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_for_one_run_removes_nothing()
    {
        _rule = new Retention(null, 30);
        for (var i = 0; i < 3; i++) await RunAsync();
        _clock.Advance(TimeSpan.FromDays(700));
        Assert.Empty((await RunAsync()).Removed);
        _clock.Advance(TimeSpan.FromDays(-700));
        Assert.Empty((await RunAsync()).Removed);
        Assert.Equal(5, Directory.GetFiles(_folder.File("backup"), "*.rki").Length);
    }

    [Fact]
    public async Task Nothing_is_removed_after_a_run_that_failed()
    {
        await RunAsync();
        await RunAsync();
        File.Delete(_folder.File("disk.raw"));
        var failed = await RunAsync();
        Assert.Equal(("failed", 0), (failed.Result.Verdict, failed.Removed.Count));
        Assert.NotEqual(0, failed.Result.ExitCode);
        Assert.Null(failed.Made);
        Assert.Equal(4, Directory.GetFiles(_folder.File("backup")).Length);
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_new_image_is_not_taken_for_one_of_the_jobs()
    {
        var first = await RunAsync();
        _clock.Advance(TimeSpan.FromHours(-1));
        var again = await RunAsync();
        Assert.Equal(first.Result.Image, again.Result.Image);
        Assert.Equal((4, null), (again.Result.ExitCode, again.Made));
    }

    [Fact]
    public async Task A_share_that_is_not_mounted_any_more_is_not_written_below()
    {
        const string Root = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n";
        _root.File("/proc/self/mountinfo", $"{Root}27 21 0:50 / {_folder.FullPath} rw shared:7 - nfs4 nas:/backup rw\n");
        await RunAsync();
        Assert.Equal(new JobPlace(_folder.File("backup"), _folder.FullPath), _place);
        _root.File("/proc/self/mountinfo", Root);
        var refused = await RunAsync();
        Assert.Equal((4, null), (refused.Result.ExitCode, refused.Made));
        Assert.Contains($"{_folder.File("backup")} lay on what was mounted at {_folder.FullPath}", refused.Result.Error!, StringComparison.Ordinal);
        Assert.Contains($"(try: mount {_folder.FullPath};", refused.Result.Error!, StringComparison.Ordinal);
        Assert.Single(_images);
        // Something else is mounted there, by another number: it is what the person wants.
        _root.File("/proc/self/mountinfo", $"{Root}27 21 0:51 / {_folder.FullPath} rw shared:7 - cifs //nas/backup rw\n");
        Assert.Equal(0, (await RunAsync()).Result.ExitCode);
        // Another folder is another matter.
        _place = new JobPlace("/mnt/old", "/mnt/old");
        Assert.Equal(0, (await RunAsync()).Result.ExitCode);
    }

    private async Task<JobOutcome> RunAsync()
    {
        var job = new JobConfig
        {
            Name = "a",
            Line = 1,
            Source = _folder.File("disk.raw"),
            Folder = _folder.Folder("backup"),
            File = ImageNames.Parse(ImageNames.Default, "a", "web1"),
            Schedule = Agent.Schedules.CalendarExpression.Parse("daily"),
            Options = _options,
            Retention = _rule,
        };
        var begun = new JobBegun(1, "schedule", _clock.GetUtcNow(), Path.Combine(job.Folder, job.File.At(_clock.GetUtcNow())));
        var outcome = await _run.ExecuteAsync(job, begun, new JobState { Images = _images, Place = _place }, _ => { }, Removing, _ => Task.CompletedTask, default);
        if (outcome.Made is { } made) _images = [.. _images.Append(made).Where(image => !outcome.Removed.Any(image.Is))];
        _place = outcome.Place ?? _place;
        _clock.Advance(TimeSpan.FromHours(1));
        return outcome;

        void Removing(JobImage going)
        {
            _images = [.. _images.Select(image => image.Is(going) ? image with { IsGoing = true } : image)];
            _removing(going);
        }
    }
}
