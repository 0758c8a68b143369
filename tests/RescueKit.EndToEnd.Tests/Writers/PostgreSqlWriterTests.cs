using System.Globalization;
using RescueKit.Model;
using RescueKit.Snapshots.Quiescence;
using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Databases;
using RescueKit.Snapshots.Writers.Hooks;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Writers;

/// <summary>A real PostgreSQL, and what a copy of its volume holds.</summary>
public sealed class PostgreSqlWriterTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);

    [Fact]
    public void What_a_client_was_told_is_committed_is_in_the_copy()
    {
        server.Ask("CREATE TABLE orders (n int)");
        using var session = Session(Entry(server.Writer()));
        // The one that flushes the log of asynchronous commits by and by.
        var walWriter = server.Ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");
        Tool.Must("kill", "-STOP", walWriter);
        try
        {
            server.Ask("INSERT INTO orders VALUES (1)");
            var without = server.OnCopy("without");
            Assert.Equal("0", without("SELECT count(*) FROM orders"));

            var committed = Position(server.Ask("SELECT pg_current_wal_insert_lsn()"));
            session.Freeze();
            var with = server.OnCopy("with");
            session.Thaw(true);
            Assert.Equal("1", with("SELECT count(*) FROM orders"));
            var result = Assert.Single(session.Report.Writers);
            Assert.Equal((WriterState.Frozen, null), (result.State, result.Message));
            Assert.StartsWith("LSN ", result.Marker, StringComparison.Ordinal);
            Assert.InRange(Position(result.Marker![4..]), committed, ulong.MaxValue);
        }
        finally
        {
            Tool.Run("kill", "-CONT", walWriter);
        }
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
        Assert.Equal(("postgres", server.Data, "orders"), (database.Program, database.Folder, database.Writer));
    }

    [Fact]
    public void Without_a_writer_it_is_found_and_named()
    {
        using var session = Session();
        session.Freeze();
        session.Thaw(true);
        Assert.Equal(Consistency.FileSystem, Grade(session));
        Assert.Contains($"postgres runs with files in {server.Data}", Assert.Single(session.Report.Warnings), StringComparison.Ordinal);
        Assert.Null(Assert.Single(session.Report.Databases).Writer);
    }

    [Fact]
    public void A_checkpoint_is_made_before_the_freeze()
    {
        var before = Position(server.Ask("SELECT redo_lsn FROM pg_control_checkpoint()"));
        server.Ask("SELECT pg_logical_emit_message(false, 'test', 'test')");
        using var session = Session(Entry(server.Writer()));
        Assert.InRange(Position(server.Ask("SELECT redo_lsn FROM pg_control_checkpoint()")), before + 1, ulong.MaxValue);
    }

    [Fact]
    public void A_tablespace_elsewhere_leaves_it_uncovered()
    {
        using var elsewhere = new TempFolder();
        Tool.Must("chmod", "755", elsewhere.FullPath);
        Tool.Must("chown", "nobody", elsewhere.Folder("ts"));
        server.Ask($"CREATE TABLESPACE elsewhere LOCATION '{elsewhere.File("ts")}'");
        try
        {
            using var session = Session(Entry(server.Writer()));
            session.Freeze();
            session.Thaw(true);
            Assert.Contains($"tablespace in {elsewhere.File("ts")}", Assert.Single(session.Report.Writers).Message, StringComparison.Ordinal);
            Assert.Equal(Consistency.FileSystem, Grade(session));
            Assert.Throws<SnapshotException>(() => Session(Entry(server.Writer(), FailurePolicy.Abort)));
        }
        finally
        {
            server.Ask("DROP TABLESPACE elsewhere");
            server.Ask("CHECKPOINT"); // the log that a copy recovers from names it no more
        }
    }

    [Fact]
    public void A_server_that_never_syncs_is_not_consistent()
    {
        server.Ask("ALTER SYSTEM SET fsync = off");
        server.Ask("SELECT pg_reload_conf()");
        try
        {
            using var writer = server.Writer();
            Assert.Contains("fsync=off", Assert.Throws<WriterException>(() => LookUntilReloaded(writer)).Message, StringComparison.Ordinal);
        }
        finally
        {
            server.Ask("ALTER SYSTEM RESET fsync");
            server.Ask("SELECT pg_reload_conf()");
        }
    }

    [Fact]
    public void A_standby_is_frozen_without_a_write()
    {
        var standby = server.OnCopy("standby", isStandby: true);
        Assert.Equal("t", standby("SELECT pg_is_in_recovery()"));
        var socket = standby("SHOW data_directory");
        using var writer = new PostgreSqlWriter("standby", server.Access with { Socket = socket });
        writer.Look(s_long);
        writer.Prepare(new WriterContext([], []), s_long);
        writer.Freeze(s_long);
        writer.Thaw(true, s_long);
        Assert.Equal("LSN " + standby("SELECT pg_last_wal_replay_lsn()"), writer.Marker);
    }

    [Theory]
    [InlineData(FailurePolicy.Downgrade)]
    [InlineData(FailurePolicy.Abort)]
    public void A_server_that_hangs_is_left_and_the_others_are_thawed(FailurePolicy policy)
    {
        using var folder = new TempFolder();
        var hook = folder.File("hook");
        File.WriteAllText(hook, $"#!/bin/sh\necho $1 >>{folder.File("calls")}\n");
        Tool.Must("chmod", "700", hook);
        try
        {
            using var session = Session(Entry(new HookWriter("app", new HookOptions(hook, null, []))), new WriterEntry(server.Writer(), policy, TimeSpan.FromSeconds(1), s_long));
            server.Process.Signal("STOP");
            var failure = Record.Exception(session.Freeze);
            session.Thaw(failure is null);
            Assert.Equal(policy == FailurePolicy.Abort, failure is SnapshotException);
            Assert.Equal(["prepare", "freeze", "thaw"], File.ReadAllLines(folder.File("calls")));
            Assert.Equal([WriterState.Frozen, WriterState.Failed], session.Report.Writers.Select(writer => writer.State));
            Assert.Contains("within 1 s", session.Report.Writers[1].Message, StringComparison.Ordinal);
            Assert.Equal(Consistency.FileSystem, Grade(session));
        }
        finally
        {
            server.Process.Signal("CONT");
        }
        Assert.Equal("1", server.Ask("SELECT 1"));
    }

    private IWriterSession Session(params WriterEntry[] writers) => new SystemWriters(writers, QuietOptions.None).Prepare([server.Volume.Live]);

    private Consistency Grade(IWriterSession session) => session.Grade(new FrozenVolume(server.Volume.Live, "/dev/none", Consistency.FileSystem));

    private static WriterEntry Entry(IWriter writer, FailurePolicy policy = FailurePolicy.Downgrade) => new(writer, policy, TimeSpan.FromSeconds(30), s_long);

    /// <summary>The postmaster tells its new settings to new sessions a moment after the signal.</summary>
    private static void LookUntilReloaded(PostgreSqlWriter writer)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            writer.Look(s_long);
            Thread.Sleep(20);
        }
    }

    /// <summary>"16/B374D848".</summary>
    private static ulong Position(string text)
    {
        var halves = text.Split('/');
        return (ulong.Parse(halves[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) << 32) | ulong.Parse(halves[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
