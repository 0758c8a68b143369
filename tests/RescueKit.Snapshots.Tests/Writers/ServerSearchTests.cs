using RescueKit.Model;
using RescueKit.Snapshots.Writers.Detection;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>Database servers found in a /proc that is made of files.</summary>
public sealed class ServerSearchTests : IDisposable
{
    private const string Mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 253:1 / /srv rw - ext4 /dev/dm-1 rw\n3 1 0:45 /@db /data\\040base rw - btrfs /dev/dm-2 rw\n";
    private const string OpenBoth = "pos:\t0\nflags:\t02100002\nmnt_id:\t25\n", OpenAppend = "pos:\t0\nflags:\t02102001\n", OpenRead = "flags:\t0100000\n";

    private static readonly LiveVolume s_srv = Volume("partition 1", "253:1"), s_data = Volume("partition 2", "0:45");

    private readonly TempFolder _proc = new();

    public void Dispose() => _proc.Dispose();

    [Theory]
    [InlineData("postgres", "postgres", "postgresql")]
    [InlineData("mariadbd", "mariadbd", "mariadb")]
    [InlineData("mysqld", "mysqld", "mysql")]
    [InlineData("mongod", "mongod", "hook")]
    [InlineData("redis-server", "redis-server", "hook")]
    [InlineData("slapd", "slapd", "hook")]
    [InlineData("sqlservr", "sqlservr", "hook")]
    [InlineData("influxd", "influxd", "hook")]
    [InlineData("ora_pmon_ORCL", "oracle", "hook")]
    public void Servers_are_known_by_name(string comm, string program, string type)
    {
        Process(10, comm, "/srv/db");
        var server = Assert.Single(Find());
        Assert.Equal((program, type, "/srv/db", "partition 1"), (server.Program, server.WriterType, server.Folder, Assert.Single(server.Volumes).Name));
    }

    [Fact]
    public void Other_programs_are_left_alone()
    {
        Process(10, "postgresql-tool", "/srv/db");
        Process(11, "sh", "/srv/db");
        Directory.CreateDirectory(_proc.File("self"));
        Assert.Empty(Find());
    }

    [Fact]
    public void Processes_of_one_server_are_one_with_all_its_volumes()
    {
        Process(10, "postgres", "/srv/pg");
        Process(11, "postgres", "/srv/pg", ("/data base/ts/1", OpenBoth));
        Process(12, "postgres", "/srv/other");
        Assert.Equal([("/srv/other", 1), ("/srv/pg", 2)], Find().Select(server => (server.Folder, server.Volumes.Count)));
    }

    [Fact]
    public void A_daemon_that_went_to_the_root_folder_is_known_by_what_it_has_open()
    {
        Process(10, "mongod", "/", ("/srv/mongo/journal/1", OpenBoth), ("/srv/mongo/collection", OpenBoth), ("/dev/null", OpenBoth), ("socket:[1]", OpenBoth));
        Assert.Equal("/srv/mongo", Assert.Single(Find()).Folder);
    }

    [Fact]
    public void Logs_libraries_and_deleted_files_are_no_data()
    {
        Process(10, "mongod", "/", ("/srv/log", OpenAppend), ("/srv/lib.so", OpenRead), ("/srv/tmp (deleted)", OpenBoth));
        Assert.Empty(Find());
    }

    [Fact]
    public void A_server_elsewhere_is_none_of_ours()
    {
        Process(10, "postgres", "/var/lib/pg");
        Process(11, "mysqld", "/srvother");
        Assert.Empty(Find());
    }

    [Fact]
    public void What_ended_meanwhile_is_passed_over()
    {
        Directory.CreateDirectory(_proc.File("10"));
        Process(11, "postgres", null);
        Assert.Empty(Find());
    }

    [Fact]
    public void The_last_mount_on_a_point_is_the_one_that_is_seen() =>
        Assert.Equal("9:9", new ProcessMounts(["1 0 8:1 / /srv rw", "2 0 9:9 / /srv rw", "3 0 7:7 / / rw"]).NumberOf("/srv/x"));

    private IReadOnlyList<RunningServer> Find() => new ServerSearch(_proc.FullPath).Find([s_srv, s_data]);

    private void Process(int number, string comm, string? folder, params (string Target, string Information)[] files)
    {
        var process = _proc.Folder($"{number}");
        File.WriteAllText(Path.Combine(process, "comm"), comm + "\n");
        File.WriteAllText(Path.Combine(process, "mountinfo"), Mounts);
        if (folder is not null) File.CreateSymbolicLink(Path.Combine(process, "cwd"), folder);
        Directory.CreateDirectory(Path.Combine(process, "fd"));
        Directory.CreateDirectory(Path.Combine(process, "fdinfo"));
        for (var i = 0; i < files.Length; i++)
        {
            File.CreateSymbolicLink(Path.Combine(process, "fd", $"{i}"), files[i].Target);
            File.WriteAllText(Path.Combine(process, "fdinfo", $"{i}"), files[i].Information);
        }
    }

    private static LiveVolume Volume(string name, string number) => new(name, number, 1 << 20, [new LiveFileSystem("/x", number, "ext4", 0)]);
}
