using System.Diagnostics;
using RescueKit.Snapshots.Writers;

namespace RescueKit.Testing.Contracts;

/// <summary>What every writer must do. Its application may be anything.</summary>
public abstract class SnapshotWriterContract
{
    /// <summary>What ending a process may take beyond a deadline, on a machine that is busy.</summary>
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60), s_short = TimeSpan.FromSeconds(1);

    private static readonly WriterContext s_context = new(["partition 1 of /dev/sda"], ["/srv"]);

    /// <summary>Of an application that works.</summary>
    protected abstract IWriter Working();

    /// <summary>Of an application that cannot be frozen.</summary>
    protected abstract IWriter Failing();

    /// <summary>Of an application that works, and stops to answer when <see cref="Hang"/> is called.</summary>
    protected abstract IWriter Hanging();

    /// <summary>From now on the application of <see cref="Hanging"/> does not answer, until the test ends.</summary>
    protected abstract void Hang();

    [Fact]
    public void It_takes_part_in_a_snapshot()
    {
        using var writer = Working();
        Assert.False(string.IsNullOrEmpty(writer.Name));
        Assert.Contains(writer.Type, (string[])["postgresql", "mariadb", "mysql", "hook"]);
        var places = writer.Look(s_patience);
        Assert.NotEqual(places.IsEverywhere, places.Folders.Count > 0);
        Assert.All(places.Folders, folder => Assert.StartsWith("/", folder.Path, StringComparison.Ordinal));
        writer.Prepare(s_context, s_patience);
        writer.Freeze(s_patience);
        writer.Thaw(true, s_patience);
        writer.Complete(new WriterEnding("0badcafe", true), s_patience);
    }

    [Fact]
    public void It_can_be_thawed_without_having_been_frozen()
    {
        using var writer = Working();
        writer.Look(s_patience);
        writer.Prepare(s_context, s_patience);
        writer.Thaw(false, s_patience);
        writer.Complete(new WriterEnding(null, false), s_patience);
    }

    [Fact]
    public void It_can_be_given_up_and_disposed_of_at_any_time()
    {
        var unused = Working();
        unused.Abandon();
        unused.Dispose();
        unused.Dispose();
        var looked = Working();
        looked.Look(s_patience);
        looked.Dispose();
        looked.Abandon();
        looked.Dispose();
    }

    [Fact]
    public void A_failure_is_told_in_words()
    {
        using var writer = Failing();
        var failure = Assert.Throws<WriterException>(() =>
        {
            writer.Look(s_patience);
            writer.Prepare(s_context, s_patience);
            writer.Freeze(s_patience);
        });
        Assert.False(string.IsNullOrWhiteSpace(failure.Message));
        Record.Exception(() => writer.Thaw(false, s_patience));
    }

    [Fact]
    public void An_application_that_hangs_is_left_at_the_deadline()
    {
        using var writer = Hanging();
        writer.Look(s_patience);
        writer.Prepare(s_context, s_patience);
        Hang();
        var started = Stopwatch.GetTimestamp();
        Assert.Throws<WriterException>(() => writer.Freeze(s_short));
        Record.Exception(() => writer.Thaw(false, s_short));
        Assert.InRange(Stopwatch.GetElapsedTime(started), s_short * 0.9, s_short * 2 + s_slack);
    }

    [Fact]
    public async Task Giving_it_up_ends_a_call_that_hangs()
    {
        using var writer = Hanging();
        writer.Look(s_patience);
        writer.Prepare(s_context, s_patience);
        Hang();
        var freeze = Task.Run(() => writer.Freeze(s_patience));
        // Whenever it comes: before the call, within it, or, again and again, until it has ended.
        for (var waited = Stopwatch.StartNew(); !freeze.IsCompleted && waited.Elapsed < s_slack; await Task.WhenAny(freeze, Task.Delay(50))) writer.Abandon();
        await Assert.ThrowsAsync<WriterException>(() => freeze.WaitAsync(s_slack));
        Record.Exception(() => writer.Thaw(false, s_short));
    }
}
