using System.Diagnostics;
using RescueKit.Model;
using RescueKit.Snapshots.Quiescence;
using RescueKit.Snapshots.Tests.Quiescence;
using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Detection;
using RescueKit.Testing.Fakes;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>Several writers and one instant.</summary>
public class WriterSetTests
{
    private static readonly LiveVolume s_volume = new("partition 1 of /dev/sda", "253:1", 1 << 20, [new LiveFileSystem("/srv", "253:1", "ext4", 0)]);

    private readonly List<string> _log = [];

    [Fact]
    public void They_freeze_in_order_and_thaw_the_other_way_round()
    {
        using (var set = Set(Writer("a"), Writer("b"), Writer("c")))
        {
            set.Prepare();
            Assert.Equal(["look", "prepare"], Calls("b"));
            _log.Clear();
            set.Freeze();
            set.Thaw(true);
            set.Check();
            Assert.Empty(set.Complete("0badcafe", true));
            Assert.Equal(["a freeze", "b freeze", "c freeze", "c thaw taken", "b thaw taken", "a thaw taken", "c complete 0badcafe True", "b complete 0badcafe True", "a complete 0badcafe True"], _log);
            Assert.All(set.Report.Writers, writer => Assert.Equal((WriterState.Frozen, "LSN 1", "words"), (writer.State, writer.Marker, writer.Said)));
            Assert.NotNull(set.Report.Seconds);
            Assert.Empty(set.Report.Warnings);
            _log.Clear();
        }
        Assert.Equal(["a dispose", "b dispose", "c dispose"], _log);
    }

    [Fact]
    public void They_prepare_at_the_same_time()
    {
        using var both = new Barrier(2);
        using var set = Set(Entry(new MeetingWriter(new FakeWriter("a", _log), both)), Entry(new MeetingWriter(new FakeWriter("b", _log), both)));
        set.Prepare();
        Assert.All(set.Report.Writers, writer => Assert.Equal(WriterState.Frozen, writer.State));
    }

    [Theory]
    [InlineData("look")]
    [InlineData("prepare")]
    [InlineData("freeze")]
    [InlineData("thaw")]
    public void One_that_fails_is_told_and_holds_nobody_up(string step)
    {
        using var set = Set(Writer("a", failsAt: step), Writer("b"));
        set.Prepare();
        set.Freeze();
        set.Thaw(true);
        set.Check();
        Assert.Equal([("a", WriterState.Failed, "failed", null), ("b", WriterState.Frozen, null, (string?)"LSN 1")], set.Report.Writers.Select(writer => (writer.Name, writer.State, writer.Message, writer.Marker)));
        Assert.Contains("The writer a failed", Assert.Single(set.Report.Warnings), StringComparison.Ordinal);
        Assert.Contains("b thaw taken", _log);
        // What began to freeze is thawed; what did not is left alone.
        Assert.Equal(step is "freeze" or "thaw", _log.Contains("a thaw taken"));
        set.Complete("0badcafe", false);
        Assert.Equal(step != "look", _log.Contains("a complete 0badcafe False"));
        Assert.Contains("b complete 0badcafe False", _log);
    }

    [Fact]
    public void What_nobody_expects_is_a_failure_like_any_other()
    {
        using var set = Set(Entry(new FakeWriter("a", _log) { FailsAt = "freeze", Fault = new ArithmeticException("odd") }));
        set.Prepare();
        set.Freeze();
        set.Thaw(true);
        Assert.Contains("odd", Assert.Single(set.Report.Writers).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("look")]
    [InlineData("prepare")]
    public void One_without_which_no_snapshot_is_wanted_ends_it_early(string step)
    {
        using var set = Set(Writer("a", failsAt: step, onFailure: FailurePolicy.Abort));
        Assert.Contains("the writer a failed", Assert.Throws<SnapshotException>(set.Prepare).Message, StringComparison.Ordinal);
        Assert.Throws<SnapshotException>(set.Freeze);
        Assert.DoesNotContain("a freeze", _log);
    }

    [Fact]
    public void One_without_which_no_snapshot_is_wanted_ends_the_freeze()
    {
        using var set = Set(Writer("a"), Writer("b", failsAt: "freeze", onFailure: FailurePolicy.Abort), Writer("c"));
        set.Prepare();
        Assert.Throws<SnapshotException>(set.Freeze);
        Assert.DoesNotContain("c freeze", _log);
        set.Thaw(false);
        Assert.Equal(["b thaw", "a thaw"], _log[^2..]);
    }

    [Fact]
    public void One_that_only_lost_its_hold_is_seen_after_the_instant()
    {
        using var set = Set(Writer("a", failsAt: "thaw", onFailure: FailurePolicy.Abort));
        set.Prepare();
        set.Freeze();
        set.Thaw(true);
        Assert.Throws<SnapshotException>(set.Check);
    }

    [Fact]
    public void One_that_hangs_is_left_at_its_deadline()
    {
        using var set = Set(Writer("a"), new WriterEntry(new FakeWriter("b", _log) { HangsAt = "freeze" }, FailurePolicy.Downgrade, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5)), Writer("c"));
        set.Prepare();
        set.Freeze();
        set.Thaw(true);
        Assert.Equal([WriterState.Frozen, WriterState.Failed, WriterState.Frozen], set.Report.Writers.Select(writer => writer.State));
    }

    [Fact]
    public void None_is_frozen_beyond_the_limit_though_its_own_deadline_is_longer()
    {
        using var set = Set(TimeSpan.FromMilliseconds(300), Writer("a"), Entry(new FakeWriter("b", _log) { HangsAt = "freeze" }), Writer("c"));
        set.Prepare();
        var started = Stopwatch.GetTimestamp();
        set.Freeze();
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        set.Thaw(true);
        Assert.Equal(WriterState.Failed, set.Report.Writers[1].State);
    }

    [Fact]
    public void When_the_snapshot_takes_too_long_all_are_let_go_and_count_as_failed()
    {
        var writer = new FakeWriter("a", _log) { HangsAt = "thaw" }; // ends at once where it has been let go
        using var set = Set(TimeSpan.FromMilliseconds(100), Entry(writer), Writer("b"));
        set.Prepare();
        set.Freeze();
        SpinWait.SpinUntil(() => writer.IsAbandoned, TimeSpan.FromSeconds(20));
        set.Thaw(true);
        Assert.All(set.Report.Writers, result => Assert.Contains("was let go after", result.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Disposing_of_a_frozen_set_thaws_it_and_tells_that_it_failed()
    {
        var set = Set(Writer("a"));
        set.Prepare();
        set.Freeze();
        set.Dispose();
        Assert.Equal(["a freeze", "a thaw", "a complete  False", "a dispose"], _log[^4..]);
        _log.Clear();
        Assert.Empty(set.Complete("late", true));
        set.Thaw(true);
        Assert.Empty(_log);
    }

    [Fact]
    public void Trouble_at_the_end_is_told_and_changes_nothing_else()
    {
        using var set = Set(Writer("a", failsAt: "complete"));
        set.Prepare();
        set.Freeze();
        set.Thaw(true);
        Assert.Equal("The writer a failed.", Assert.Single(set.Complete("0badcafe", true)));
        Assert.Equal(WriterState.Frozen, Assert.Single(set.Report.Writers).State);
    }

    [Fact]
    public void A_quiet_moment_is_waited_for_between_preparing_and_freezing()
    {
        var clock = new ManualClock { SkipsWaits = true };
        var statistics = new FakeStatistics(clock) { Log = _log };
        using var set = Set(null, new QuietOptions(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60)), statistics, clock, [Writer("a")], []);
        set.Prepare();
        set.Freeze();
        set.Thaw(true);
        Assert.Equal(new QuietResult(5, 5, true), set.Report.Quiet);
        Assert.Equal(["a look", "a prepare", "waits", "looked at 253:1", "a freeze"], _log.Distinct().Take(5));
    }

    [Fact]
    public void One_that_has_no_files_there_is_skipped_and_not_even_told()
    {
        var elsewhere = new FakeWriter("a", _log);
        elsewhere.Folders[0] = new WriterFolder("/other", "data");
        using var set = Set(Entry(elsewhere, FailurePolicy.Abort));
        set.Prepare();
        set.Freeze();
        set.Thaw(true);
        set.Complete("0badcafe", true);
        Assert.Equal(["a look"], _log);
        Assert.Equal(WriterState.Skipped, Assert.Single(set.Report.Writers).State);
    }

    [Fact]
    public void One_that_has_only_some_of_its_files_there_is_not_covered()
    {
        var half = new FakeWriter("a", _log);
        half.Folders.Add(new WriterFolder("/other/wal", "write-ahead log"));
        using var set = Set(Entry(half));
        set.Prepare();
        Assert.Contains("write-ahead log in /other/wal", Assert.Single(set.Report.Writers).Message, StringComparison.Ordinal);
        Assert.Equal(["a look"], _log);
    }

    [Fact]
    public void A_server_that_no_writer_freezes_is_named_with_what_to_do()
    {
        using var set = Set(null, QuietOptions.None, null, null, [Writer("a")], [Server("postgres", "postgresql", "/srv/pg"), Server("mongod", "hook", "/srv/a/db")]);
        set.Prepare();
        set.Freeze();
        set.Thaw(true);
        Assert.Equal([("postgres", null), ("mongod", "a")], set.Report.Databases.Select(database => (database.Program, database.Writer)));
        var warning = Assert.Single(set.Report.Warnings);
        Assert.StartsWith("postgres runs with files in /srv/pg, on partition 1 of /dev/sda,", warning, StringComparison.Ordinal);
        Assert.Contains("\"type\": \"postgresql\"", warning, StringComparison.Ordinal);
        Assert.Contains("/etc/rescuekit/writers.d", warning, StringComparison.Ordinal);
    }

    private IEnumerable<string> Calls(string writer) => _log.Where(line => line.StartsWith(writer + " ", StringComparison.Ordinal)).Select(line => line[(writer.Length + 1)..]);

    private WriterEntry Writer(string name, string? failsAt = null, FailurePolicy onFailure = FailurePolicy.Downgrade) => Entry(new FakeWriter(name, _log) { FailsAt = failsAt }, onFailure);

    private static WriterEntry Entry(IWriter writer, FailurePolicy onFailure = FailurePolicy.Downgrade) => new(writer, onFailure, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(50));

    private static RunningServer Server(string program, string type, string folder) => new(program, type, folder, [s_volume]);

    private WriterSet Set(params WriterEntry[] writers) => Set(null, writers);

    private WriterSet Set(TimeSpan? limit, params WriterEntry[] writers) => Set(limit, QuietOptions.None, null, null, writers, []);

    private WriterSet Set(TimeSpan? limit, QuietOptions quiet, IBlockStatistics? statistics, TimeProvider? clock, WriterEntry[] writers, RunningServer[] servers) => new([s_volume], writers, servers, quiet)
    {
        MostFrozen = limit ?? WriterSet.Limit,
        Waits = () => _log.Add("waits"),
        Statistics = statistics ?? new KernelStatistics(),
        Clock = clock ?? TimeProvider.System,
        Places = volumes => new PlaceMap(volumes, new ProcessMounts(["1 0 8:1 / / rw", "2 1 253:1 / /srv rw"])),
    };

    /// <summary>Prepares only when another one does, too.</summary>
    private sealed class MeetingWriter(FakeWriter inner, Barrier all) : IWriter
    {
        public string Name => inner.Name;
        public string Type => inner.Type;
        public string? Marker => null;
        public string? Said => null;

        public WriterPlaces Look(TimeSpan deadline) => inner.Look(deadline);

        public void Prepare(WriterContext context, TimeSpan deadline)
        {
            if (!all.SignalAndWait(TimeSpan.FromSeconds(20))) throw new WriterException("is alone");
        }

        public void Freeze(TimeSpan deadline) => inner.Freeze(deadline);

        public void Thaw(bool isTaken, TimeSpan deadline) => inner.Thaw(isTaken, deadline);

        public void Complete(WriterEnding ending, TimeSpan deadline) => inner.Complete(ending, deadline);

        public void Abandon() => inner.Abandon();

        public void Dispose() => inner.Dispose();
    }
}
