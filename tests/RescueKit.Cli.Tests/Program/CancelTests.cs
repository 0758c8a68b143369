using System.Diagnostics;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>Ctrl-C and SIGTERM in the middle of a run.</summary>
public sealed class CancelTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT", 1)]
    [InlineData("INT", 3)]
    [InlineData("TERM", 1)]
    public void A_cancelled_create_ends_with_130_and_can_be_resumed(string signal, int times)
    {
        // Slow enough to be caught in the middle: content that zstd's highest level finds hard.
        var disk = _folder.File("disk.raw");
        File.WriteAllBytes(disk, Corpus.Content(new Random(7), 48 << 20));
        var image = _folder.File("disk.rki");

        var (exitCode, error) = Cancel("reading", signal, times, "image", "create", disk, image, "--codec", "zstd", "--level", "19");
        Assert.Equal(130, exitCode);
        Assert.Contains("error: cancelled", error, StringComparison.Ordinal);
        Assert.Contains("--resume", error, StringComparison.Ordinal);

        using (var info = JsonDocument.Parse(Must("image", "info", image, "--json").Output))
            Assert.False(info.RootElement.GetProperty("complete").GetBoolean());
        Assert.Contains($"rescuekit image create {disk} {image} --resume", Must("image", "info", image).Output, StringComparison.Ordinal);
        Assert.Equal(3, Rescuekit.Run("image", "restore", image, _folder.File("new.raw")).ExitCode);
        Assert.False(File.Exists(_folder.File("new.raw")));

        Must("image", "create", disk, image, "--codec", "zstd", "--level", "1", "--resume");
        Must("image", "verify", image);
    }

    [Theory]
    [InlineData("INT", false)]
    [InlineData("TERM", true)]
    public void A_cancelled_restore_or_clone_ends_with_130_and_a_target_that_nothing_recognises(string signal, bool clone)
    {
        // Large enough to be caught in the middle, with a table that would be recognised.
        var disk = _folder.File("disk.raw");
        using (var file = File.Create(disk))
        {
            var random = new Random(8);
            var piece = new byte[4 << 20];
            for (var i = 0; i < 80; i++)
            {
                random.NextBytes(piece);
                file.Write(piece);
            }
        }
        Tool.Must("sgdisk", "-Z", disk);
        Tool.Must("sgdisk", "-n1:2048:+100M", "-n2:0:0", disk);
        var image = _folder.File("disk.rki");
        if (!clone) Must("image", "create", disk, image, "--codec", "none", "--quiet");
        var target = _folder.File("target.raw");
        File.Copy(disk, target);
        string[] command = clone ? ["clone", disk, target] : ["image", "restore", image, target];

        var (exitCode, error) = Cancel("writing", signal, 1, [.. command, "--confirm", "target.raw"]);
        Assert.Equal(130, exitCode);
        Assert.Contains("error: cancelled", error, StringComparison.Ordinal);
        Assert.Contains("can be neither booted nor mounted", error, StringComparison.Ordinal);
        using (var shown = JsonDocument.Parse(Must("disk", "show", target, "--json").Output))
            Assert.Equal("none", shown.RootElement.GetProperty("table").GetString());
        Assert.NotEqual(0, Tool.Run("blkid", "-p", target).ExitCode);

        Must([.. command, "--confirm", "target.raw", "--quiet"]);
        Assert.Contains("No problems found", Tool.Must("sgdisk", "-v", target).Output, StringComparison.Ordinal);
        Tool.Must("cmp", disk, target);
    }

    /// <summary>Sends the signals once the run has shown that it is in a phase.</summary>
    private static (int ExitCode, string Error) Cancel(string phase, string signal, int times, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Rescuekit.Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = "";
        while (process.StandardError.ReadLine() is { } line)
        {
            error += line + "\n";
            if (!line.StartsWith($"{phase}: ", StringComparison.Ordinal)) continue;
            for (var i = 0; i < times; i++) Tool.Run("kill", $"-{signal}", $"{process.Id}");
            break;
        }
        error += process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), $"still running: {error}");
        _ = output.Result;
        return (process.ExitCode, error);
    }

    private static ToolResult Must(params string[] arguments)
    {
        var result = Rescuekit.Run(arguments);
        Assert.True(result.Ok, result.Everything);
        return result;
    }
}
