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
