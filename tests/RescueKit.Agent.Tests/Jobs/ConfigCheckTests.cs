using RescueKit.Agent.Hosting;
using RescueKit.Agent.Jobs;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Service;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Jobs;

public sealed class ConfigCheckTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_passphrase_that_cannot_be_read_now_is_its_jobs_matter()
    {
        var check = Check();
        Assert.Empty(check.Problems);
        var problem = Assert.Single(check.Unreadable);
        Assert.Equal((3, "job 'b': /key cannot be read; look at it"), (problem.Line, problem.Message));
    }

    [Fact]
    public void What_else_is_wrong_with_its_words_is_said_alone()
    {
        var check = Check("\"codec\": \"zip\", ");
        Assert.Equal("line 3: job 'b': zip is no codec", Assert.Single(check.Problems).ToString());
        Assert.Empty(check.Unreadable);
    }

    [Fact]
    public async Task The_agent_says_so_and_begins()
    {
        var log = new List<string>();
        var options = new HostOptions
        {
            Factory = new PassphraseFactory(),
            Version = "1",
            RuntimeFolder = _folder.File("run"),
            StateFolder = _folder.File("state"),
            Log = (line, isProblem) => log.Add($"{isProblem} {line.Text}"),
        };
        await using var host = new RunHost(options);
        using var service = new AgentService(host, options, Check(), () => Check());
        Assert.Contains("line 3: job 'b': /key cannot be read", Assert.Single(log, line => line.StartsWith("True", StringComparison.Ordinal)), StringComparison.Ordinal);
        service.Reload();
        Assert.Equal(2, log.Count(line => line.Contains("/key cannot be read", StringComparison.Ordinal)));
        var status = await service.Jobs.GetJobsAsync(default);
        Assert.Equal((null, 2), (status.ConfigProblem, status.Jobs.Count));
    }

    [Fact]
    public void Nobody_else_may_write_it_or_its_folder()
    {
        Check();
        var own = Environment.IsPrivilegedProcess ? 0u : uint.Parse(Tool.Must("id", "-u").Output, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Empty(Problems(own));
        if (own == 0) Assert.Empty(Problems(1001)); // root's is everybody's
        var (file, folder) = (_folder.File("agent.json"), _folder.FullPath);
        Open(file);
        if (own == 0) Assert.Equal($"others than root may write it, and so have root run any program: chmod go-w {file}", Assert.Single(Problems(0)));
        else Assert.Empty(Problems(own));
        Close(file);
        Open(folder);
        if (own == 0) Assert.Equal($"others than root may write its folder {folder}, and so have root run any program: chmod go-w {folder}", Assert.Single(Problems(0)));
        else Assert.Empty(Problems(own));
        Close(folder);
        if (own == 0) Tool.Must("chown", "1001", file);
        var owner = own == 0 ? 1001 : own;
        Assert.StartsWith($"it belongs to user {owner}, who may so have root run any program: look into it, then chown root {file}", Problems(0)[0], StringComparison.Ordinal);
        Assert.StartsWith($"it belongs to user {owner}, who may so have the agent run any program: look into it, then chown 1002 {file}", Problems(1002)[0], StringComparison.Ordinal);
        Assert.Empty(Problems((uint)owner));
        if (own == 0)
        {
            Tool.Must("chown", "0", file);
            Tool.Must("chown", "1001", folder);
        }
        Assert.StartsWith($"its folder {folder} belongs to user {owner}, who may so have root run any program", Problems(0)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_is_in_one_folder_and_the_file_in_another()
    {
        Check();
        if (!Environment.IsPrivilegedProcess) return;
        var (links, link) = (_folder.Folder("links"), _folder.File("links/agent.json"));
        Close(links);
        File.CreateSymbolicLink(link, _folder.File("agent.json"));
        Assert.Empty(Problems(0, link));
        Tool.Must("chown", "1001", links);
        Assert.StartsWith($"its folder {links} belongs to user 1001", Assert.Single(Problems(0, link)), StringComparison.Ordinal);
        Tool.Must("chown", "0", links);
        Tool.Must("chown", "1001", _folder.FullPath);
        Assert.StartsWith($"its folder {_folder.FullPath} belongs to user 1001", Assert.Single(Problems(0, link)), StringComparison.Ordinal);
    }

    private static void Open(string path) => File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupWrite);

    private static void Close(string path) => File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~UnixFileMode.GroupWrite);

    private IReadOnlyList<string> Problems(uint user, string? path = null) => [.. ConfigCheck.Of(path ?? _folder.File("agent.json"), new PassphraseFactory(), user).Problems.Select(problem => problem.Message)];

    private ConfigCheck Check(string more = "")
    {
        File.WriteAllText(_folder.File("agent.json"), $$"""
            {"jobs": [
              {"name": "a", "source": "/dev/sda", "folder": "/b", "schedule": "daily"},
              {"name": "b", {{more}}"source": "/dev/sdb", "folder": "/b", "schedule": "daily", "passphrase_file": "/key"}
            ]}
            """);
        File.SetUnixFileMode(_folder.File("agent.json"), UnixFileMode.UserRead | UnixFileMode.UserWrite); // whatever umask the tests run with
        return ConfigCheck.Of(_folder.File("agent.json"), new PassphraseFactory());
    }

    /// <summary>Takes everything but passphrase files, and codecs.</summary>
    private sealed class PassphraseFactory : IRunFactory
    {
        public RunDraft Parse(RunRequest request)
        {
            if (request.Command.Contains("zip")) throw new UsageException("zip is no codec");
            if (request.Command.Contains("/key")) throw new UsageException("/key cannot be read", "look at it");
            return new RunDraft([], null, () => new WaitingRun("/x"));
        }

        public Problem Explain(Exception exception) => new EngineRunFactory().Explain(exception);
    }
}
