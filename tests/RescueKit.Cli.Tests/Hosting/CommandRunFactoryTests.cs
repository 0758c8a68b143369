using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Cli.Hosting;
using RescueKit.Cli.Session;
using RescueKit.Cli.Tests.Program;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Hosting;

/// <summary>Runs of a host are made by the command tree itself.</summary>
public sealed class CommandRunFactoryTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CommandRunFactory _factory = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_command_line_becomes_a_run_that_is_planned_and_not_executed()
    {
        var disk = SmallDisk.Make(_folder);
        var draft = Parse("image", "create", disk, _folder.File("disk.rki"), "--codec", "zstd", "--level", "3", "--verify", "--receipt", "r.json");
        Assert.Equal([new RunUse(disk), new RunUse(_folder.File("disk.rki"))], draft.Uses);
        Assert.Equal("r.json", draft.ReceiptFile);
        using var run = draft.Open();
        Assert.Equal("backup", run.Plan.Operation);
        Assert.False(File.Exists(_folder.File("disk.rki")));
    }

    [Fact]
    public void An_image_that_is_only_read_may_be_read_by_others_too()
    {
        Assert.Equal([new RunUse("a.rki", Shared: true)], Parse("image", "verify", "a.rki").Uses);
        Assert.Equal([new RunUse("a.rki", Shared: true), new RunUse("/dev/sdb")], Parse("image", "restore", "a.rki", "/dev/sdb").Uses);
        Assert.Equal([new RunUse("/dev/sda"), new RunUse("/dev/sdb")], Parse("clone", "/dev/sda", "/dev/sdb").Uses);
    }

    [Fact]
    public void The_passphrase_of_the_request_answers_every_prompt()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        using (var create = _factory.Parse(new RunRequest(["image", "create", disk, image, "--encrypt"], "hush")).Open())
        {
            Assert.True(create.IsConfidential);
            create.Execute(null, null, CancellationToken.None);
        }
        using var verify = _factory.Parse(new RunRequest(["image", "verify", image], "hush")).Open();
        Assert.Equal("complete", verify.Execute(null, null, CancellationToken.None).Verdict);
        Assert.Throws<WrongPassphraseException>(() => _factory.Parse(new RunRequest(["image", "verify", image], "other")).Open());
        Assert.Throws<UsageException>(() => _factory.Parse(new RunRequest(["image", "verify", image])).Open());
    }

    [Theory]
    [InlineData("disk", "list")]
    [InlineData("image", "info", "a.rki")]
    [InlineData("image", "create", "--help")]
    [InlineData("image", "create", "a")]
    [InlineData("image")]
    [InlineData("clone", "a", "b", "--confirm", "b")]
    [InlineData("clone", "a", "b", "--dry-run")]
    [InlineData("clone", "a", "b", "--nonsense")]
    [InlineData("agent", "run")]
    [InlineData("--version")]
    [InlineData]
    public void Words_that_are_no_run_are_refused(params string[] words) => Assert.Throws<UsageException>(() => Parse(words));

    [Fact]
    public void Passphrases_of_partitions_are_asked_of_the_request()
    {
        using var deaf = new Interruption(() => { });
        var host = new PreparingHost(new RunRequest([], "of the image", new Dictionary<int, string> { [2] = "hush" }), deaf);
        Assert.Equal("hush"u8.ToArray(), host.PassphraseOf(2).ToArray());
        Assert.Contains("partition 3", Assert.Throws<UsageException>(() => host.PassphraseOf(3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_are_explained_in_the_words_of_the_command_line()
    {
        var problem = _factory.Explain(new SafetyException("no", "do that"));
        Assert.Equal(new Problem("no", "safety", "do that", 4), problem);
        Assert.Equal(problem, _factory.Explain(new HostException(problem)));
    }

    private RunDraft Parse(params string[] words) => _factory.Parse(new RunRequest(words));
}
