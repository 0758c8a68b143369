namespace RescueKit.Cli.Tests.Program;

public class HelpTests
{
    public static TheoryData<string, string[]> Commands() => new()
    {
        { "disk list", ["--json"] },
        { "disk show", ["<DISK>", "--json"] },
        {
            "image create",
            [
                "<SOURCE> <IMAGE>", "--partition <N>", "--codec <none|lz4|zstd>", "--level <N>", "--all-blocks", "--split <SIZE>", "--encrypt",
                "--on-bad-sector <fail|skip>", "--bad-sector-time <T>", "--unclean <whole|used>", "--exclude-windows-swap", "--unlock <N[:FILE]>", "--rate-limit <SIZE>", "--verify",
                "--resume", "--chunk-size <SIZE>", "--dry-run", "--receipt <FILE>", "--json", "--passphrase-file <FILE>", "--passphrase-fd <N>", "--quiet",
            ]
        },
        {
            "image restore",
            [
                "<IMAGE> <TARGET>", "--partition <N[:M]>", "--verify", "--free <keep|discard|zero>", "--grow <LAST|N>", "--new-ids", "--shrink", "--scratch <DIR>", "--on-damage <fail|skip>", "--dry-run", "--confirm <ID>",
                "--receipt <FILE>", "--json", "--passphrase-file <FILE>", "--passphrase-fd <N>", "--quiet",
            ]
        },
        { "image verify", ["<IMAGE>", "--json", "--receipt <FILE>", "--passphrase-file <FILE>", "--passphrase-fd <N>", "--quiet"] },
        { "image info", ["<IMAGE>", "--json", "--passphrase-file <FILE>", "--passphrase-fd <N>"] },
        {
            "image serve",
            [
                "<IMAGE>", "--socket <PATH>", "--port <N>", "--address <ADDRESS>", "--partition <N>", "--overlay <FILE>", "--tls-certs <DIR>", "--tls-verify-peer",
                "--cache <SIZE>", "--once", "--json", "--passphrase-file <FILE>", "--passphrase-fd <N>",
            ]
        },
        { "image export", ["<IMAGE> <OUT>", "--format <raw|qcow2|vmdk|vhdx>", "--compress", "--verify", "--on-damage <fail|skip>", "--json", "--quiet"] },
        { "image ls", ["<IMAGE[:N]>", "--json", "--passphrase-file <FILE>", "--passphrase-fd <N>"] },
        { "image get", ["<IMAGE[:N]> <PATH", "--overwrite", "--dry-run", "--receipt <FILE>", "--quiet", "--json", "--passphrase-file <FILE>", "--passphrase-fd <N>"] },
        { "image mount", ["<IMAGE[:N]> <DIR>", "--passphrase-file <FILE>", "--passphrase-fd <N>"] },
        {
            "clone",
            [
                "<SOURCE> <TARGET>", "--dry-run", "--confirm <ID>", "--verify", "--all-blocks", "--on-bad-sector <fail|skip>", "--bad-sector-time <T>",
                "--unclean <whole|used>", "--exclude-windows-swap", "--unlock <N[:FILE]>", "--free <keep|discard|zero>", "--grow <LAST|N>", "--new-ids", "--shrink", "--scratch <DIR>", "--hot", "--store <PLACE>", "--no-writers", "--quiet-period <T>",
                "--quiet-timeout <T>", "--receipt <FILE>", "--json", "--quiet",
            ]
        },
        {
            "snapshot create",
            ["<VOLUME>", "--store <PLACE>", "--no-writers", "--quiet-period <T>", "--quiet-timeout <T>", "--json"]
        },
        { "snapshot list", ["--json"] },
        { "snapshot mount", ["<ID[:N]> <DIR>"] },
        { "snapshot release", ["<ID>", "--all", "--force"] },
        { "agent run", ["--socket <PATH>", "--config <FILE>"] },
        { "agent status", ["--socket <PATH>", "--json"] },
        { "agent backup", ["<JOB>", "--socket <PATH>", "--wait", "--no-wait", "--json", "--quiet"] },
        { "agent check-config", ["--config <FILE>", "--json"] },
        { "agent execute", ["<WORDS>", "--socket <PATH>", "--then <stay|restart|power-off>", "--line <TEXT>", "--quiet"] },
        { "agent containers", ["--socket <PATH>", "--json"] },
        { "agent open", ["<ID>", "--socket <PATH>", "--json", "--passphrase-file <FILE>", "--passphrase-fd <N>"] },
        { "agent close", ["<ID>", "--socket <PATH>"] },
        { "agent attach", ["<NODE>", "--socket <PATH>"] },
        { "agent detach", ["<NODE>", "--socket <PATH>"] },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void Each_command_explains_itself_with_examples(string command, string[] names)
    {
        var help = Rescuekit.Run([.. command.Split(' '), "--help"]);
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.All(names, name => Assert.Contains(name, help.Output, StringComparison.Ordinal));
        Assert.Contains($"Examples:\n  rescuekit {command} ", help.Output.Replace($"rescuekit {command}\n", $"rescuekit {command} \n", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.All(help.Output.Split('\n').TakeWhile(line => line != "Examples:"), line => Assert.InRange(line.Length, 0, 100));
    }

    [Theory]
    [InlineData("")]
    [InlineData("disk")]
    [InlineData("image")]
    [InlineData("snapshot")]
    [InlineData("agent")]
    public void What_holds_commands_shows_some_of_them(string command)
    {
        var help = Rescuekit.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.Contains($"Examples:\n  rescuekit {command}", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--parent x")]
    [InlineData("--differential")]
    public void What_is_not_there_yet_is_not_accepted(string option) =>
        Assert.Equal(2, Rescuekit.Run(["image", "create", "a", "b", .. option.Split(' ')]).ExitCode);

    [Fact]
    public void Delta_is_not_there_yet() => Assert.Equal(2, Rescuekit.Run("image", "restore", "a", "b", "--delta").ExitCode);

    [Fact]
    public void The_version_is_printed()
    {
        var version = Rescuekit.Run("--version");
        Assert.Equal(0, version.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", version.Output);
    }
}
