using RescueKit.Snapshots.Writers.Databases;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Writers;

/// <summary>A MariaDB on a volume of its own: a commit stays in memory until somebody flushes the log.</summary>
public sealed class MariaDbServer : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<IDisposable> _copies = [];

    public MariaDbServer()
    {
        Tool.Must("chmod", "755", _folder.FullPath);
        Volume = new ServerVolume(_folder.File("volume"));
        Tool.Must("mariadb-install-db", "--no-defaults", "--user=nobody", $"--datadir={Data}", "--skip-test-db", "--auth-root-authentication-method=normal");
        Process = Start(Data);
        Ask("CREATE DATABASE shop");
    }

    public ServerVolume Volume { get; }
    public string Data => Volume.Folder;
    internal ServerProcess Process { get; }

    public DatabaseAccess Access => new() { User = "nobody", Role = "root", Socket = Path.Combine(Data, "socket") };

    public MariaDbWriter Writer(string name = "shop") => new(name, "mariadb", Access);

    public string Ask(string sql) => Ask(Data, sql).Output.Trim();

    /// <summary>A second server, on what is on the volume now.</summary>
    /// <returns>How it is asked.</returns>
    public Func<string, string> OnCopy(string name)
    {
        var copy = new ServerVolume(Volume.Copy(_folder.File(name)));
        _copies.Add(copy);
        File.Delete(Path.Combine(copy.Folder, "socket"));
        _copies.Add(Start(copy.Folder));
        return sql => Ask(copy.Folder, sql).Output.Trim();
    }

    public void Dispose()
    {
        foreach (var copy in Enumerable.Reverse(_copies)) copy.Dispose();
        Process.Dispose();
        Volume.Dispose();
        _folder.Dispose();
    }

    private static ServerProcess Start(string data) => new(
        Tool.Find("mariadbd"),
        ["--no-defaults", $"--datadir={data}", $"--socket={Path.Combine(data, "socket")}", "--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-log-at-timeout=2700", "--log-bin=binary-log", "--server-id=1", "--innodb-buffer-pool-size=16M"],
        Path.Combine(data, "log"), () => Tool.Run("mariadb", [.. Client(data), "--execute", "SELECT 1"]).Ok);

    private static string[] Client(string data) => ["--no-defaults", $"--socket={Path.Combine(data, "socket")}", "--user=root", "--batch", "--skip-column-names"];

    private static ToolResult Ask(string data, string sql) => Tool.Must("mariadb", [.. Client(data), "--execute", sql]);
}
