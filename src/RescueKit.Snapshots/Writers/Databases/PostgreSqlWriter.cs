using System.Globalization;
using RescueKit.Model;
using RescueKit.Snapshots.Writers.Processes;

namespace RescueKit.Snapshots.Writers.Databases;

/// <summary>
/// PostgreSQL. Its documentation ("File System Level Backup", backup-file.html) calls one frozen copy of data, write-ahead log and tablespaces,
/// all of the same instant, a valid backup: a server started on it recovers as after a crash, and has everything whose log had been flushed.
/// So nothing is blocked here. What is added is that no commit is missing that a client had been told of: with synchronous_commit=off these are
/// flushed some time later, unless somebody flushes the log beyond them (runtime-config-wal.html, wal-async-commit.html).
/// </summary>
public sealed class PostgreSqlWriter(string name, DatabaseAccess access) : DatabaseWriter(name, access)
{
    /// <summary>Also a role that may not read everything can be asked for these; which are missing is told by the server's error.</summary>
    private const string Settings =
        "SELECT current_setting('data_directory'); SELECT pg_is_in_recovery(); SELECT current_setting('fsync'); SELECT current_setting('server_version_num');";

    private const string Tablespaces = "SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE pg_tablespace_location(oid) <> '' ORDER BY 1;";

    /// <summary>
    /// A transaction that writes and commits flushes all of the log before its own end: those of others, too. Not "on", which would wait for
    /// synchronous standbys.
    /// </summary>
    private const string FlushLog =
        "SET synchronous_commit = local; SELECT pg_logical_emit_message(true, 'rescuekit', 'snapshot'); SELECT pg_current_wal_flush_lsn();";

    private const string Replayed = "SELECT coalesce(pg_last_wal_replay_lsn()::text, '');";

    private bool _isStandby;
    private IReadOnlyList<string> _tablespaces = [];

    public override string Type => "postgresql";

    public override WriterPlaces Look(TimeSpan deadline)
    {
        if (Ask(Settings, deadline) is not [var data, var recovery, var fsync, var version]) throw new WriterException("gave no settings");
        // pg_logical_emit_message and the functions' names of today.
        if (int.Parse(version, CultureInfo.InvariantCulture) < 10_00_00) throw new WriterException("is older than PostgreSQL 10");
        if (fsync == "off") throw new WriterException("runs with fsync=off: what it has on its disks is never known to be whole");
        _isStandby = recovery == "t";
        _tablespaces = Ask(Tablespaces, deadline);
        var log = Path.Combine(data, "pg_wal");
        return new WriterPlaces([Folder(data, "data"), Folder(log, "write-ahead log"), .. _tablespaces.Select(path => Folder(path, "tablespace"))]);
    }

    /// <summary>A checkpoint (on a standby a restartpoint) leaves little for the freeze to write, and for the copy to recover.</summary>
    public override void Prepare(WriterContext context, TimeSpan deadline) => Ask("CHECKPOINT;", deadline);

    public override void Freeze(TimeSpan deadline)
    {
        // A standby writes nothing: what it holds is what it has replayed, and what it has received is written before it is acknowledged.
        var rows = Ask(Tablespaces + (_isStandby ? Replayed : FlushLog), deadline);
        Marker = rows is [.., { Length: > 0 } position] ? $"LSN {position}" : null;
        var added = rows.Take(rows.Count - (_isStandby ? 1 : 2)).Except(_tablespaces).ToList();
        if (added.Count > 0) throw new WriterException($"has got another tablespace meanwhile, in {added[0]}");
    }

    /// <summary>Nothing was held.</summary>
    public override void Thaw(bool isTaken, TimeSpan deadline)
    {
    }

    private protected override ChildCommand Client()
    {
        var connection = new List<string>();
        if ((Access.Socket ?? Access.Host) is { } host) connection.AddRange(["-h", host]);
        if (Access.Port is { } port) connection.AddRange(["-p", port.ToString(CultureInfo.InvariantCulture)]);
        if (Access.Role is { } role) connection.AddRange(["-U", role]);
        if ((Access.Database ?? (Access.Service is null ? "postgres" : null)) is { } database) connection.AddRange(["-d", database]);
        var environment = new Dictionary<string, string> { ["PGOPTIONS"] = "-c client_min_messages=error -c statement_timeout=0", ["PGCONNECT_TIMEOUT"] = "30", ["PGAPPNAME"] = "rescuekit" };
        if (Access.Service is { } service) environment["PGSERVICE"] = service;
        // No start file; rows bare; never a prompt for a password; ends at the first error.
        return new ChildCommand(Access.Client ?? "psql", ["-X", "-A", "-t", "-q", "-w", "-v", "ON_ERROR_STOP=1", .. connection], Access.Account()) { Environment = environment };
    }
}
