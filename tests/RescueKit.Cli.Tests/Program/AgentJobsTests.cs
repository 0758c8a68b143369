using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>The agent with jobs, as the executable that systemd starts.</summary>
public sealed class AgentJobsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly AgentProcess _agent;

    public AgentJobsTests() => _agent = new AgentProcess(_folder);

    private string Backup => _folder.Folder("backup");

    public void Dispose()
    {
        _agent.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_missed_backup_is_made_up_for_and_old_images_go()
    {
        SmallDisk.Make(_folder);
        _agent.Configure(Job("disk", "disk.raw", """ "retention": {"keep": 2}, "verify": true, "io_priority": "idle", "nice": 5, "codec": "zstd" """));
        Directory.CreateDirectory(Path.GetDirectoryName(_agent.State)!);
        File.WriteAllText(_agent.State, """{"jobs": {"disk": {"schedule": "yearly", "accounted_until": "2020-05-05T00:00:00+00:00", "last_number": 6}}}""");
        _agent.Start();
        var last = _agent.Ended("disk", 7);
        Assert.Equal(("catch-up", "complete", 0), (last.GetProperty("reason").GetString(), last.GetProperty("verdict").GetString(), last.GetProperty("exit_code").GetInt32()));
        for (var i = 0; i < 2; i++)
        {
            Tool.Must("sleep", "1.1"); // names hold the second
            var backup = _agent.Ask("backup", "disk");
            Assert.True(backup.Ok, backup.Everything);
            Assert.Contains("(request) complete", backup.Output, StringComparison.Ordinal);
        }
        var images = Directory.GetFiles(Backup, "*.rki");
        Assert.Equal(2, images.Length);
        Assert.DoesNotContain(last.GetProperty("image").GetString(), images);
        Assert.All(images, image => Assert.True(Rescuekit.Run("image", "verify", image).Ok));
        var job = _agent.Job("disk");
        Assert.Equal(("idle", 2, 9), (job.GetProperty("state").GetString(), job.GetProperty("images").GetInt32(), job.GetProperty("last").GetProperty("number").GetInt32()));
        Assert.EndsWith("-01-01T00:00:00+00:00", job.GetProperty("next_run_at").GetString(), StringComparison.Ordinal);
        var status = _agent.Ask("status");
        Assert.Equal(0, status.ExitCode);
        Assert.Contains("disk  idle", status.Output, StringComparison.Ordinal);
        Assert.Contains(_agent.Log, line => line.Contains("job disk: ionice -c3 nice -n 5 rescuekit image create --codec zstd --verify ", StringComparison.Ordinal));
        Assert.Equal(0, _agent.Stop());
        Assert.False(File.Exists(_agent.Socket));
    }

    [Fact]
    public void A_failure_is_seen_everywhere()
    {
        var told = _folder.File("told");
        File.WriteAllText(_folder.File("tell"), $"#!/bin/sh\necho \"$1 $RESCUEKIT_JOB $RESCUEKIT_EXIT_CODE $RESCUEKIT_MESSAGE\" > {told}.new && mv {told}.new {told}\n");
        Tool.Must("chmod", "+x", _folder.File("tell"));
        _agent.Configure(Job("gone", "gone.raw", $""" "on_failure": ["{_folder.File("tell")}", "admin"] """));
        _agent.Environment["JOURNAL_STREAM"] = "8:1";
        _agent.Start();
        Assert.Equal(0, _agent.Ask("status").ExitCode);
        var backup = _agent.Ask("backup", "gone", "--json");
        Assert.NotEqual(0, backup.ExitCode);
        Assert.Equal(backup.ExitCode, JsonDocument.Parse(backup.Output).RootElement.GetProperty("exit_code").GetInt32());
        AgentProcess.Until(() => File.Exists(told), () => "nobody was told");
        Assert.StartsWith($"admin gone {backup.ExitCode} ", File.ReadAllText(told), StringComparison.Ordinal);
        var status = _agent.Ask("status");
        Assert.Equal(1, status.ExitCode);
        Assert.Contains($"FAILED (exit code {backup.ExitCode})", status.Output, StringComparison.Ordinal);
        Assert.Contains(_agent.Log, line => line.StartsWith("<3>job gone: run 1 failed", StringComparison.Ordinal));
        Assert.All(_agent.Log, line => Assert.Matches("^<[36]>", line));
        Assert.Equal(2, _agent.Ask("backup", "nothing").ExitCode);
    }

    [Fact]
    public void A_second_agent_is_refused()
    {
        _agent.Configure();
        _agent.Start();
        var second = Tool.Run(new ToolRequest(Rescuekit.Path, ["agent", "run", "--socket", _folder.File("other.sock"), "--config", _agent.Config]) { Environment = _agent.Environment });
        Assert.Equal(1, second.ExitCode);
        Assert.Contains("another agent is running already, process ", second.Error, StringComparison.Ordinal);
        Assert.Equal(0, _agent.Stop());
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public void A_backup_that_is_cut_off_leaves_no_image_that_looks_whole_and_is_made_up_for(string signal)
    {
        SmallDisk.Make(_folder);
        _agent.Configure(Job("disk", "disk.raw", """ "rate_limit": "64K" """));
        _agent.Start();
        var began = _agent.Ask("backup", "disk", "--no-wait");
        Assert.True(began.Ok, began.Everything);
        AgentProcess.Until(() => Directory.GetFiles(Backup, "*.rki").Any(file => new FileInfo(file).Length > 100), () => string.Join('\n', _agent.Log));
        Assert.Equal(4, _agent.Ask("backup", "disk").ExitCode);
        _agent.Signal(signal);
        Assert.Equal(signal == "TERM" ? 0 : 137, _agent.WaitForExit());
        var image = Assert.Single(Directory.GetFiles(Backup, "*.rki"));
        Assert.Equal(3, Rescuekit.Run("image", "verify", image).ExitCode);
        Assert.False(JsonDocument.Parse(Rescuekit.Run("image", "info", image, "--json").Output).RootElement.GetProperty("complete").GetBoolean());

        _agent.Configure(Job("disk", "disk.raw", """ "retention": {"keep": 1} """));
        _agent.Start();
        var last = _agent.Ended("disk", 2);
        Assert.Equal(("catch-up", "complete"), (last.GetProperty("reason").GetString(), last.GetProperty("verdict").GetString()));
        Assert.Equal(last.GetProperty("image").GetString(), Assert.Single(Directory.GetFiles(Backup, "*.rki")));
        if (signal == "KILL") Assert.Contains(_agent.Log, line => line.Contains("job disk: run 1 was cut off", StringComparison.Ordinal));
    }

    [Fact]
    public void The_configuration_is_read_again_and_systemd_is_told()
    {
        using var notes = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notes.Bind(new UnixDomainSocketEndPoint(_folder.File("notify")));
        notes.ReceiveTimeout = (int)AgentProcess.Limit.TotalMilliseconds;
        _agent.Environment["NOTIFY_SOCKET"] = _folder.File("notify");
        _agent.Configure(Job("a", "disk.raw", ""));
        _agent.Start();
        Assert.StartsWith("READY=1", Take(notes), StringComparison.Ordinal);

        _agent.Configure(Job("b", "disk.raw", """ "levle": 3 """));
        _agent.Signal("HUP");
        Assert.StartsWith("RELOADING=1", Take(notes), StringComparison.Ordinal);
        Assert.StartsWith("READY=1", Take(notes), StringComparison.Ordinal);
        var status = JsonDocument.Parse(_agent.Ask("status", "--json").Output).RootElement;
        Assert.Contains("'levle' is no member of a job", status.GetProperty("config_problem").GetString(), StringComparison.Ordinal);
        Assert.Equal("a", status.GetProperty("jobs")[0].GetProperty("name").GetString());

        _agent.Configure(Job("b", "disk.raw", ""));
        _agent.Signal("HUP");
        Assert.StartsWith("RELOADING=1", Take(notes), StringComparison.Ordinal);
        Assert.StartsWith("READY=1", Take(notes), StringComparison.Ordinal);
        Assert.Equal("idle", _agent.Job("b").GetProperty("state").GetString());
        Assert.Equal(0, _agent.Stop());
        Assert.StartsWith("STOPPING=1", Take(notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_is_checked_before_it_is_used()
    {
        _agent.Configure(Job("a", "disk.raw", """ "codec": "zip" """), Job("b", "disk.raw", """ "codec": "lz4", "level": 3 """));
        var bad = Rescuekit.Run("agent", "check-config", "--config", _agent.Config);
        Assert.Equal((2, ""), (bad.ExitCode, bad.Output));
        Assert.Contains("job 'a': 'zip' is not one of none, lz4, zstd", bad.Error, StringComparison.Ordinal);
        Assert.Contains("job 'b': --level goes with --codec zstd only", bad.Error, StringComparison.Ordinal);
        Assert.Equal(2, Rescuekit.Run("agent", "run", "--config", _agent.Config).ExitCode);
        var none = Rescuekit.Run("agent", "check-config", "--config", _folder.File("nothing"));
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("there is no such file: copy the example there", none.Error, StringComparison.Ordinal);

        _agent.Configure(Job("a", "disk.raw", ""));
        var told = Rescuekit.Run("agent", "check-config", "--config", _agent.Config).Output;
        Assert.Contains(": 1 job, nothing is wrong with it.", told, StringComparison.Ordinal);
        Assert.Equal(1, told.Split("is not there now").Length - 1);
        var good = Rescuekit.Run("agent", "check-config", "--json", "--config", _agent.Config);
        Assert.Equal(0, good.ExitCode);
        Assert.Equal(3, JsonDocument.Parse(good.Output).RootElement.GetProperty("jobs")[0].GetProperty("next_runs").GetArrayLength());
    }

    [Fact]
    public void A_passphrase_that_cannot_be_read_fails_its_job_alone()
    {
        SmallDisk.Make(_folder);
        _agent.Configure(Job("secret", "disk.raw", $""" "passphrase_file": "{_folder.File("key")}" """), Job("plain", "disk.raw", ""));
        var check = Rescuekit.Run("agent", "check-config", "--config", _agent.Config);
        Assert.Equal(2, check.ExitCode);
        Assert.Contains($"job 'secret': the passphrase file {_folder.File("key")} cannot be read", check.Error, StringComparison.Ordinal);
        _agent.Start();
        Assert.Contains(_agent.Log, line => line.Contains("job 'secret': the passphrase file", StringComparison.Ordinal));
        Assert.Equal(2, _agent.Ask("backup", "secret").ExitCode);
        Assert.True(_agent.Ask("backup", "plain").Ok);
        Assert.Contains("error     the passphrase file", _agent.Ask("status").Output, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("key"), "correct horse\n");
        Tool.Must("sleep", "1.1"); // names hold the second
        Assert.True(_agent.Ask("backup", "secret").Ok);
    }

    [Fact]
    public void Without_an_agent_its_commands_fail_at_once()
    {
        Assert.Equal(1, _agent.Ask("status").ExitCode);
        Assert.Equal(1, _agent.Ask("backup", "disk").ExitCode);
    }

    private static string Take(Socket socket)
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer.AsSpan(0, socket.Receive(buffer)));
    }

    private string Job(string name, string source, string more) =>
        $$"""{"name": "{{name}}", "source": "{{_folder.File(source)}}", "hot": false, "folder": "{{Backup}}", "schedule": "yearly"{{(more.Length > 0 ? ", " : "")}}{{more}}}""";
}
