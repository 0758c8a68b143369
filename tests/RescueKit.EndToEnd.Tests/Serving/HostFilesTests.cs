using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests.Serving;

/// <summary>An image's files as a text UI gets them: asked of a host, line by line over its socket. Needs root and FUSE.</summary>
public sealed class HostFilesTests : IDisposable
{
    private const int MiB = 1 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly TempFolder _folder = new();
    private readonly string _temporary;
    private readonly Process _host;
    private Socket _socket;
    private StreamReader _answers;
    private long _calls;

    public HostFilesTests()
    {
        _temporary = _folder.Folder("temporary");
        File.WriteAllText(_folder.File("agent.json"), """{"jobs": []}""");
        Tool.Must("chmod", "600", _folder.File("agent.json"));
        var start = new ProcessStartInfo(MatrixProgram.Path, ["agent", "run", "--socket", _folder.File("host.sock"), "--config", _folder.File("agent.json")]) { RedirectStandardOutput = true };
        start.Environment["TMPDIR"] = _temporary;
        start.Environment["RUNTIME_DIRECTORY"] = _folder.File("run");
        start.Environment["STATE_DIRECTORY"] = _folder.File("state");
        _host = Process.Start(start)!;
        while (_host.StandardOutput.ReadLine() is { } line && !line.Contains("hosts runs at", StringComparison.Ordinal)) { }
        _ = _host.StandardOutput.ReadToEndAsync();
        (_socket, _answers) = Connect();
    }

    /// <summary>The host takes away all that it mounted.</summary>
    public void Dispose()
    {
        _answers.Dispose();
        _socket.Dispose();
        Tool.Run("kill", "-s", "TERM", $"{_host.Id}");
        Assert.True(_host.WaitForExit(s_limit), "the host goes on");
        _host.Dispose();
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary));
        Assert.False(IsMounted);
        _folder.Dispose();
    }

    private string ImageFile => _folder.File("disk.rki");

    private bool IsMounted => File.ReadAllText("/proc/mounts").Contains(_folder.FullPath, StringComparison.Ordinal);

    [Fact]
    public void A_partition_is_looked_into_searched_and_copied_from()
    {
        MakeImage();
        var opened = Ask("open_files", new { path = ImageFile });
        var files = opened.GetProperty("id").GetString();
        Assert.Equal((1, "ext4"), (opened.GetProperty("partition").GetInt32(), opened.GetProperty("file_system").GetString()));

        var top = Ask("list_files", new { files });
        Assert.Equal(["/etc", "/link", "/lost+found", "/many"], Paths(top));
        Assert.Equal(["folder", "link", "folder", "folder"], top.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("kind").GetString()!));
        var linked = Ask("list_files", new { files, folder = "/link" });
        Assert.Equal("/etc", linked.GetProperty("folder").GetString()); // the image's own, not this system's
        Assert.Equal(["/etc/name", "/etc/other"], Paths(linked));

        var many = Ask("list_files", new { files, folder = "/many" });
        Assert.Equal((1000, true), (Paths(many).Count, many.GetProperty("more").GetBoolean()));
        var rest = Ask("list_files", new { files, folder = "/many", behind = Path.GetFileName(Paths(many)[^1]) });
        Assert.Equal((200, false), (Paths(rest).Count, rest.GetProperty("more").GetBoolean()));
        Assert.Equal(Enumerable.Range(1190, 10).Select(number => $"/many/Name{number}"), Paths(Ask("find_files", new { files, text = "nAmE119" })));
        Assert.Equal(["/etc/name"], Paths(Ask("find_files", new { files, folder = "/link", text = "NAME" })));
        Assert.True(Ask("find_files", new { files, text = "name" }).GetProperty("more").GetBoolean());

        var got = _folder.Folder("got");
        var run = Ask("prepare", new { command = (string[])["image", "get", ImageFile, "/etc", got] }).GetProperty("id").GetInt32();
        Ask("start", new { run });
        JsonElement state;
        while ((state = Ask("get_runs", new { }).EnumerateArray().Single(known => known.GetProperty("id").GetInt32() == run)).GetProperty("stage").GetString() != "ended") Thread.Sleep(50);
        Assert.Equal("complete", state.GetProperty("receipt").GetProperty("verdict").GetString());
        Assert.Equal("from the image", File.ReadAllText(Path.Combine(got, "etc/name")));
        var again = Refused("prepare", new { command = (string[])["image", "get", ImageFile, "/etc", got] });
        Assert.Equal(4, again.GetProperty("exit_code").GetInt32());

        Ask("close_files", new { files });
        Assert.False(IsMounted);
        Assert.Equal("usage", Refused("list_files", new { files }).GetProperty("kind").GetString());
    }

    [Fact]
    public void What_a_client_has_open_is_closed_when_it_is_gone()
    {
        MakeImage();
        Ask("open_files", new { path = ImageFile });
        Assert.True(IsMounted);
        _answers.Dispose();
        _socket.Dispose();
        for (var since = Stopwatch.GetTimestamp(); IsMounted; Thread.Sleep(50)) Assert.True(Stopwatch.GetElapsedTime(since) < s_limit, "it stays mounted");
        (_socket, _answers) = Connect();
        Assert.Empty(Ask("get_runs", new { }).EnumerateArray());
    }

    private void MakeImage()
    {
        var content = _folder.Folder("content");
        Directory.CreateDirectory(Path.Combine(content, "etc"));
        Directory.CreateDirectory(Path.Combine(content, "many"));
        File.WriteAllText(Path.Combine(content, "etc/name"), "from the image");
        File.WriteAllText(Path.Combine(content, "etc/other"), "");
        File.CreateSymbolicLink(Path.Combine(content, "link"), "/etc");
        for (var i = 0; i < 1200; i++) File.WriteAllText(Path.Combine(content, $"many/Name{i:d4}"), "");
        var volume = SparseFile.Create(_folder.File("volume"), 32L * MiB);
        Tool.Must("mke2fs", "-q", "-F", "-t", "ext4", "-d", content, volume);
        MatrixProgram.Must("image", "create", MatrixDisk.Around(volume, _folder.File("disk")), ImageFile, "--quiet");
    }

    private static List<string> Paths(JsonElement page) => [.. page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("path").GetString()!)];

    private JsonElement Ask(string call, object arguments)
    {
        var answer = Answer(call, arguments);
        Assert.False(answer.TryGetProperty("error", out var error), error.ToString());
        return answer.TryGetProperty("result", out var result) ? result : default;
    }

    private JsonElement Refused(string call, object arguments) => Answer(call, arguments).GetProperty("error");

    private JsonElement Answer(string call, object arguments)
    {
        _socket.Send([.. JsonSerializer.SerializeToUtf8Bytes(new { id = ++_calls, call, arguments }), (byte)'\n']);
        using var document = JsonDocument.Parse(_answers.ReadLine()!);
        return document.RootElement.Clone();
    }

    private (Socket Socket, StreamReader Answers) Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(_folder.File("host.sock")));
        return (socket, new StreamReader(new NetworkStream(socket)));
    }
}
