namespace RescueKit.Snapshots.Writers.Detection;

/// <summary>Database servers as /proc/PID/comm names them: 15 characters at most.</summary>
internal static class ServerProgram
{
    /// <summary>The program's name and the type of a writer for it; null where it is none.</summary>
    public static (string Program, string WriterType)? Known(string comm) => comm switch
    {
        "postgres" => (comm, "postgresql"),
        "mariadbd" => (comm, "mariadb"),
        "mysqld" => (comm, "mysql"),
        "mongod" or "redis-server" or "valkey-server" or "slapd" or "sqlservr" or "influxd" => (comm, "hook"),
        _ when comm.StartsWith("ora_pmon_", StringComparison.Ordinal) => ("oracle", "hook"),
        _ => null,
    };
}
