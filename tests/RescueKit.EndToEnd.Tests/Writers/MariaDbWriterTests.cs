using System.Diagnostics;
using RescueKit.Model;
using RescueKit.Snapshots.Quiescence;
using RescueKit.Snapshots.Writers;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Writers;

/// <summary>A real MariaDB, and what a copy of its volume holds.</summary>
public sealed class MariaDbWriterTests(MariaDbServer server) : IClassFixture<MariaDbServer>
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("InnoDB")]
    [InlineData("MyISAM")]
    public void What_a_client_was_told_is_committed_is_in_the_copy(string engine)
    {
        var table = $"shop.orders_{engine}";
        server.Ask($"CREATE TABLE {table} (n int) ENGINE={engine}");
        using var session = Session(Entry(server.Writer()));
        server.Ask($"INSERT INTO {table} VALUES (1)");
        // InnoDB's commit is in memory only: shown by a copy without a writer.
        if (engine == "InnoDB") Assert.Equal("0", server.OnCopy("without")($"SELECT count(*) FROM {table}"));
        session.Freeze();
        var copy = server.OnCopy($"with-{engine}");
        session.Thaw(true);
        Assert.Equal("1", copy($"SELECT count(*) FROM {table}"));
        Assert.Equal("OK", copy($"CHECK TABLE {table}").Split('\t')[^1]);
    }

    [Fact]
    public async Task Commits_wait_from_freeze_to_thaw()
    {
        server.Ask("CREATE TABLE shop.waiting (n int)");
        using var session = Session(Entry(server.Writer()));
        session.Freeze();
        var commit = Task.Run(() => server.Ask("INSERT INTO shop.waiting VALUES (1)"));
        Until(() => server.Ask("SELECT state FROM information_schema.processlist WHERE info LIKE 'INSERT INTO shop.waiting%'").Contains("backup lock", StringComparison.OrdinalIgnoreCase));
        Assert.False(commit.IsCompleted);
        Assert.Equal("0", server.Ask("SELECT count(*) FROM shop.waiting"));
        session.Thaw(true);
        await commit.WaitAsync(s_long);
        Assert.Equal("1", server.Ask("SELECT count(*) FROM shop.waiting"));

        var result = Assert.Single(session.Report.Writers);
        Assert.Equal((WriterState.Frozen, null), (result.State, result.Message));
        Assert.Matches("^binlog binary-log\\.[0-9]+:[0-9]+, GTID 0-1-[0-9]+$", result.Marker);
        Assert.True(result.Seconds > 0);
    }

    [Fact]
    public void Its_volume_is_consistent_for_applications_and_nothing_is_warned_of()
    {
        using var session = Session(Entry(server.Writer()));
        session.Freeze();
        session.Thaw(true);
        Assert.Equal(Consistency.Application, Grade(session));
        Assert.Empty(session.Report.Warnings);
        var database = Assert.Single(session.Report.Databases);
        Assert.Equal(("mariadbd", server.Data, "shop"), (database.Program, database.Folder, database.Writer));
    }

    [Fact]
    public void Without_a_writer_it_is_found_and_named()
    {
        using var session = Session();
        Assert.Contains($"mariadbd runs with files in {server.Data}", Assert.Single(session.Report.Warnings), StringComparison.Ordinal);
        Assert.Equal(Consistency.FileSystem, Grade(session));
    }

    /// <summary>The lock goes with the connection: whoever does not have it any more when it thaws cannot know when it went.</summary>
    [Fact]
    public void One_that_lost_its_connection_while_frozen_has_failed()
    {
        using var session = Session(Entry(server.Writer(), FailurePolicy.Abort));
        session.Freeze();
        var connection = server.Ask("SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND user = 'root' AND command = 'Sleep'");
        server.Ask($"KILL {connection}");
        session.Thaw(true);
        Assert.Contains("may have gone on before the snapshot", Assert.Single(session.Report.Writers).Message, StringComparison.Ordinal);
        Assert.Throws<SnapshotException>(session.Check);
        server.Ask("CREATE TABLE shop.free (n int); INSERT INTO shop.free VALUES (1); DROP TABLE shop.free");
    }

    /// <summary>A statement that holds tables for long makes the freeze wait, and fail at its deadline: then nothing stays blocked.</summary>
    [Fact]
    public async Task A_freeze_that_comes_too_late_blocks_nobody()
    {
        server.Ask("CREATE TABLE shop.busy (n int) ENGINE=MyISAM");
        var busy = Task.Run(() => server.Ask("LOCK TABLES shop.busy WRITE; INSERT INTO shop.busy VALUES (1); SELECT SLEEP(600)"));
        Until(() => server.Ask("SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'") == "1");
        using var session = Session(new WriterEntry(server.Writer(), FailurePolicy.Downgrade, TimeSpan.FromSeconds(2), s_long));
        session.Freeze();
        session.Thaw(true);
        Assert.Equal(WriterState.Failed, Assert.Single(session.Report.Writers).State);
        server.Ask("CREATE TABLE shop.free2 (n int); INSERT INTO shop.free2 VALUES (1); DROP TABLE shop.free2");
        server.Ask("KILL " + server.Ask("SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"));
        await Assert.ThrowsAsync<ToolFailedException>(() => busy.WaitAsync(s_long));
    }

    private IWriterSession Session(params WriterEntry[] writers) => new SystemWriters(writers, QuietOptions.None).Prepare([server.Volume.Live]);

    private Consistency Grade(IWriterSession session) => session.Grade(new FrozenVolume(server.Volume.Live, "/dev/none", Consistency.FileSystem));

    private static WriterEntry Entry(IWriter writer, FailurePolicy policy = FailurePolicy.Downgrade) => new(writer, policy, TimeSpan.FromSeconds(30), s_long);

    private static void Until(Func<bool> condition)
    {
        for (var waited = Stopwatch.StartNew(); !condition(); Thread.Sleep(20)) Assert.True(waited.Elapsed < s_long, "it did not come");
    }
}
