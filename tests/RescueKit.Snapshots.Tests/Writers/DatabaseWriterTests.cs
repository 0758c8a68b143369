using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Databases;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>What servers are asked that are not at hand: MySQL, and settings that a test must not make.</summary>
public class DatabaseWriterTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("8.0.36", "1", "SHOW MASTER STATUS;", "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS;")]
    [InlineData("8.4.3", "0", "SHOW BINARY LOG STATUS;", "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS;")]
    [InlineData("10.3.39-MariaDB", "2", "SHOW MASTER STATUS;", "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS;")]
    [InlineData("10.3.39-MariaDB", "0", "SHOW MASTER STATUS;", "SET GLOBAL innodb_flush_log_at_trx_commit = 1; FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS; SET GLOBAL innodb_flush_log_at_trx_commit = 0;")]
    public void Servers_without_backup_stages_lock_their_tables(string version, string lazily, string status, string flush)
    {
        using var script = MySql(version, lazily);
        using (var writer = new MariaDbWriter("old", "mysql", script.Access))
        {
            Assert.Equal([script.Data], writer.Look(s_long).Folders.Select(folder => folder.Path));
            writer.Freeze(TimeSpan.FromSeconds(7));
            Assert.StartsWith("binlog bin.000007:1234", writer.Marker, StringComparison.Ordinal);
            writer.Thaw(true, s_long);
        }
        var asked = script.Asked;
        Assert.Equal(["SET SESSION lock_wait_timeout = 7; FLUSH TABLES WITH READ LOCK;", flush, status], asked[1..4]);
        Assert.Equal("UNLOCK TABLES;", asked[^1]);
    }

    [Fact]
    public void MySql_tells_its_transactions_with_its_position()
    {
        using var script = MySql("8.4.3", "1");
        using var writer = new MariaDbWriter("new", "mysql", script.Access);
        writer.Look(s_long);
        writer.Freeze(s_long);
        Assert.Equal("binlog bin.000007:1234, GTID 3E11FA47:1-5", writer.Marker);
    }

    [Fact]
    public void An_option_file_is_the_first_argument_and_no_secret_is_one()
    {
        using var script = MySql("8.4.3", "1");
        using var writer = new MariaDbWriter("new", "mysql", script.Access with { OptionFile = "/root/shop.cnf", Role = "backup", Host = "db", Port = 3307 });
        writer.Look(s_long);
        Assert.Equal("--defaults-extra-file=/root/shop.cnf --batch --skip-column-names --unbuffered --host=db --port=3307 --user=backup", script.Arguments);
    }

    [Fact]
    public void A_folder_that_is_not_here_belongs_to_a_server_that_is_not_either()
    {
        using var script = new SqlScript("""SHOW*) printf 'datadir\t/in/a/container\nversion\t8.4.3\n' ;;""");
        using var writer = new MariaDbWriter("far", "mysql", script.Access);
        Assert.Contains("/in/a/container", Assert.Throws<WriterException>(() => writer.Look(s_long)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PostgreSql_flushes_its_log_and_a_new_tablespace_is_noticed()
    {
        using var script = new SqlScript("""
            *data_directory*) printf 'DATA\nf\non\n150018\n' ;;
            *emit_message*) printf '/new/place\n0/1\n0/1A2B3C4D\n' ;;
            """);
        Directory.CreateDirectory(Path.Combine(script.Data, "pg_wal"));
        using var writer = new PostgreSqlWriter("pg", script.Access);
        Assert.Equal(["data", "write-ahead log"], writer.Look(s_long).Folders.Select(folder => folder.Role));
        Assert.Contains("/new/place", Assert.Throws<WriterException>(() => writer.Freeze(s_long)).Message, StringComparison.Ordinal);
        Assert.Contains("synchronous_commit = local", script.Asked[^1], StringComparison.Ordinal);
    }

    private static SqlScript MySql(string version, string lazily) => new($$"""
        "SHOW VARIABLES"*) printf 'datadir\tDATA/\nversion\t{{version}}\nlog_bin\tON\nlog_bin_basename\tDATA/bin\ninnodb_undo_directory\t./\ninnodb_flush_log_at_trx_commit\t{{lazily}}\n' ;;
        "SHOW MASTER"*|"SHOW BINARY"*) printf 'bin.000007\t1234\t\t\t3E11FA47:1-5\n' ;;
        """);
}
