using System.Globalization;
using RescueKit.Model;
using RescueKit.Snapshots.Writers.Processes;

namespace RescueKit.Snapshots.Writers.Databases;

/// <summary>
/// MariaDB and MySQL: commits wait from freeze to thaw. MariaDB from 10.4 on by BACKUP STAGE, as its documentation has it for storage snapshots
/// ("Storage Snapshots and BACKUP STAGE Commands"); MySQL and older ones by FLUSH TABLES WITH READ LOCK. Both also flush tables that know no
/// transactions. Then the engines' logs are flushed, since with innodb_flush_log_at_trx_commit other than 1 commits may still be in memory.
/// MariaDB leaves InnoDB's out where that is 0 (innobase_flush_logs in its ha_innodb.cc), so that it is 1 for that one statement.
/// The lock goes with the connection: a server that was stopped and goes on lets go of it by itself.
/// </summary>
public sealed class MariaDbWriter(string name, string type, DatabaseAccess access) : DatabaseWriter(name, access)
{
    private static readonly (string Variable, string Role)[] s_folders =
    [
        ("innodb_data_home_dir", "InnoDB data"), ("innodb_log_group_home_dir", "InnoDB log"), ("innodb_undo_directory", "InnoDB undo log"), ("aria_log_dir_path", "Aria log"),
    ];

    private static readonly string s_settings =
        $"SHOW VARIABLES WHERE Variable_name IN ('version', 'datadir', 'log_bin', 'log_bin_basename', 'innodb_flush_log_at_trx_commit', {string.Join(", ", s_folders.Select(folder => $"'{folder.Variable}'"))});";

    private Dictionary<string, string> _settings = [];
    private bool _isFrozen;

    /// <summary>"mariadb" or "mysql": what it turns out to be is told by the server.</summary>
    public override string Type => type;

    private bool HasStages => ServerVersion.Parse(_settings["version"]).HasBackupStages;

    public override WriterPlaces Look(TimeSpan deadline)
    {
        _settings = Ask(s_settings, deadline).Select(row => row.Split('\t', 2)).Where(row => row.Length == 2).ToDictionary(row => row[0], row => row[1]);
        if (!_settings.TryGetValue("datadir", out var data) || !_settings.ContainsKey("version")) throw new WriterException("gave no settings");
        var folders = new List<WriterFolder> { Folder(data, "data") };
        foreach (var (variable, role) in s_folders)
        {
            if (_settings.GetValueOrDefault(variable) is { Length: > 0 } path) folders.Add(Folder(Path.Combine(data, path), role));
        }
        if (_settings.GetValueOrDefault("log_bin_basename") is { Length: > 0 } log) folders.Add(Folder(Path.GetDirectoryName(Path.Combine(data, log))!, "binary log"));
        folders.AddRange(ElsewhereFolders.Below(folders[0].Path).Select(path => Folder(path, "tables")));
        return new WriterPlaces([.. folders.DistinctBy(folder => folder.Path)]);
    }

    /// <summary>Long statements may hold the freeze up; that is told now, while it can be helped.</summary>
    public override void Prepare(WriterContext context, TimeSpan deadline) => Ask("FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS;", deadline);

    public override void Freeze(TimeSpan deadline)
    {
        var countdown = new Countdown(deadline);
        var seconds = Math.Max(1, (int)deadline.TotalSeconds);
        var hold = HasStages ? "BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT;" : "FLUSH TABLES WITH READ LOCK;";
        Ask(FormattableString.Invariant($"SET SESSION lock_wait_timeout = {seconds}; {hold}"), countdown.Left);
        _isFrozen = true;
        Ask(Flush(), countdown.Left);
        if (_settings.GetValueOrDefault("log_bin") == "ON") Marker = Position(countdown);
    }

    public override void Thaw(bool isTaken, TimeSpan deadline)
    {
        if (!_isFrozen) return;
        _isFrozen = false;
        try
        {
            Ask(HasStages ? "BACKUP STAGE END;" : "UNLOCK TABLES;", deadline);
        }
        catch (WriterException e)
        {
            throw new WriterException($"may have gone on before the snapshot: it {e.Message}", e);
        }
    }

    private string Flush()
    {
        const string FlushLogs = "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS;", Lazily = "innodb_flush_log_at_trx_commit";
        return ServerVersion.Parse(_settings["version"]).IsMariaDb && _settings.GetValueOrDefault(Lazily) == "0"
            ? $"SET GLOBAL {Lazily} = 1; {FlushLogs} SET GLOBAL {Lazily} = 0;"
            : FlushLogs;
    }

    private string? Position(Countdown countdown)
    {
        var version = ServerVersion.Parse(_settings["version"]);
        if (Ask(version.HasBinaryLogStatus ? "SHOW BINARY LOG STATUS;" : "SHOW MASTER STATUS;", countdown.Left) is not [var row, ..]) return null;
        var fields = row.Split('\t');
        var position = fields.Length > 1 ? $"binlog {fields[0]}:{fields[1]}" : null;
        var gtid = version.IsMariaDb ? string.Join("", Ask("SELECT @@GLOBAL.gtid_binlog_pos;", countdown.Left)) : fields.ElementAtOrDefault(4);
        return string.IsNullOrEmpty(gtid) ? position : $"{position}, GTID {gtid.Replace("\\n", "", StringComparison.Ordinal)}";
    }

    private protected override ChildCommand Client()
    {
        var options = new List<string>();
        // Has to be the first.
        if (Access.OptionFile is { } file) options.Add($"--defaults-extra-file={file}");
        options.AddRange(["--batch", "--skip-column-names", "--unbuffered"]);
        if (Access.Socket is { } socket) options.Add($"--socket={socket}");
        if (Access.Host is { } host) options.Add($"--host={host}");
        if (Access.Port is { } port) options.Add($"--port={port.ToString(CultureInfo.InvariantCulture)}");
        if (Access.Role is { } role) options.Add($"--user={role}");
        if (Access.Database is { } database) options.Add(database);
        return new ChildCommand(Access.Client ?? Type, options, Access.Account());
    }
}
