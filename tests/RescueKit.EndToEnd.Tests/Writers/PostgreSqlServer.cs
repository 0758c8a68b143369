using RescueKit.Snapshots.Writers.Databases;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Writers;

/// <summary>A cluster of its own on a volume of its own: commits are asynchronous, and hardly anything but a writer flushes the log.</summary>
public sealed class PostgreSqlServer : IDisposable
{
    private const string Port = "5999";
    private static readonly string s_programs = Directory.GetDirectories("/usr/lib/postgresql").Select(folder => Path.Combine(folder, "bin")).Order(StringComparer.Ordinal).Last();

    private readonly TempFolder _folder = new();
    private readonly List<IDisposable> _copies = [];
    private readonly ServerProcess _server;

    public PostgreSqlServer()
    {
        Tool.Must("chmod", "755", _folder.FullPath);
        Volume = new ServerVolume(_folder.File("volume"));
        Data = Path.Combine(Volume.Folder, "data");
        Tool.Must("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", Path.Combine(s_programs, "initdb"), "-D", Data, "-U", "postgres", "-A", "trust", "-N", "--wal-segsize=1", "--no-locale", "-E", "UTF8");
        _server = Start(Data, Data);
    }

    public ServerVolume Volume { get; }
    public string Data { get; }
    internal ServerProcess Process => _server;

    public DatabaseAccess Access => new() { User = "nobody", Role = "postgres", Socket = Data, Port = 5999 };

    public PostgreSqlWriter Writer(string name = "orders") => new(name, Access);

    public string Ask(string sql) => Ask(Data, sql);

    /// <summary>A second server, on what is on the volume now.</summary>
    /// <returns>How it is asked.</returns>
    public Func<string, string> OnCopy(string name, bool isStandby = false)
    {
        var copy = new ServerVolume(Volume.Copy(_folder.File(name)));
        _copies.Add(copy);
        var data = Path.Combine(copy.Folder, "data");
        foreach (var locked in (string[])["postmaster.pid", $".s.PGSQL.{Port}", $".s.PGSQL.{Port}.lock"]) File.Delete(Path.Combine(data, locked));
        if (isStandby) File.WriteAllText(Path.Combine(data, "standby.signal"), "");
        _copies.Add(Start(data, data));
        return sql => Ask(data, sql);
    }

    public void Dispose()
    {
        foreach (var copy in Enumerable.Reverse(_copies)) copy.Dispose();
        _server.Dispose();
        Volume.Dispose();
        _folder.Dispose();
    }

    private static ServerProcess Start(string data, string socket) => new(
        Path.Combine(s_programs, "postgres"),
        ["-D", data, "-k", socket, "-p", Port, "-c", "listen_addresses=", "-c", "synchronous_commit=off", "-c", "autovacuum=off", "-c", "shared_buffers=16MB", "-c", "bgwriter_lru_maxpages=0"],
        Path.Combine(data, "log"), () => Tool.Run(Path.Combine(s_programs, "pg_isready"), "-q", "-h", socket, "-p", Port).Ok);

    private static string Ask(string socket, string sql) => Tool.Must("psql", "-X", "-A", "-t", "-q", "-h", socket, "-p", Port, "-U", "postgres", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", sql).Output.Trim();
}
