using System.Diagnostics;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>A host in a process of its own, and runs that are carried out on it.</summary>
public sealed class AgentTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly TempFolder _folder = new();
    private Process? _host;

    private string Socket => _folder.File("host.sock");

    public void Dispose()
    {
        if (_host is { HasExited: false }) _host.Kill();
        _host?.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_run_is_executed_on_the_host_and_ends_with_its_exit_code()
    {
        StartHost();
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("disk.rki");
        var create = Execute("--", "image", "create", disk, image);
        Assert.True(create.Ok, create.Everything);
        Assert.Contains("Plan: backup", create.Output, StringComparison.Ordinal);
        Assert.Contains("Backup: complete", create.Output, StringComparison.Ordinal);
        Assert.Contains($"receipt     {image}.receipt.json", create.Output, StringComparison.Ordinal);

        var target = SparseFile.Create(_folder.File("the target.raw"), 33 << 20);
        var refused = Execute("--line", $"image restore {image} '{target}'");
        Assert.Equal(4, refused.ExitCode);
        Assert.Contains("has not been confirmed", refused.Error, StringComparison.Ordinal);
        var restore = Execute("--line", $"image restore {image} \"{target}\" --confirm 'the target.raw'");
        Assert.True(restore.Ok, restore.Everything);
        SmallDisk.MustBeWhole(target, _folder);
        Assert.Single(Directory.GetFiles(_folder.FullPath, "disk-20*.json"));

        Assert.Equal(2, Execute("--", "disk", "list").ExitCode);
        Assert.Equal(2, Execute().ExitCode);
        Assert.Equal(2, Execute("--line", "image 'verify").ExitCode);
        Assert.Equal(3, Execute("--", "image", "verify", disk).ExitCode);
        var outside = Execute("--then", "power-off", "--", "image", "verify", image);
        Assert.Equal(2, outside.ExitCode);
        Assert.Contains("exit code 0: switching off", outside.Error, StringComparison.Ordinal);
        Assert.Contains("the power of this machine belongs to its own system", outside.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_host_ends_when_it_is_told_to_and_leaves_no_socket()
    {
        StartHost();
        var second = Rescuekit.Run("agent", "run", "--socket", Socket);
        Assert.Equal(4, second.ExitCode);
        Tool.Must("kill", "-TERM", $"{_host!.Id}");
        Assert.True(_host.WaitForExit(Limit));
        Assert.Equal(0, _host.ExitCode);
        Assert.False(File.Exists(Socket));
    }

    private ToolResult Execute(params string[] words) => Rescuekit.Run(["agent", "execute", "--socket", Socket, .. words]);

    private void StartHost()
    {
        var start = new ProcessStartInfo(Rescuekit.Path, ["agent", "run", "--socket", Socket])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = _folder.FullPath,
        };
        // Without root its folders are the user's own.
        start.Environment["XDG_RUNTIME_DIR"] = _folder.FullPath;
        start.Environment["XDG_STATE_HOME"] = _folder.FullPath;
        _host = Process.Start(start)!;
        while (_host.StandardOutput.ReadLine() is { } line && !line.Contains("hosts runs", StringComparison.Ordinal))
        {
        }
        _ = _host.StandardOutput.ReadToEndAsync();
    }
}
