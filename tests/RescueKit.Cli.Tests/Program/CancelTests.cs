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

        var (exitCode, error) = Cancel(signal, times, "image", "create", disk, image, "--codec", "zstd", "--level", "19");
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

    /// <summary>Sends the signals once the run has shown that it is reading.</summary>
    private static (int ExitCode, string Error) Cancel(string signal, int times, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Rescuekit.Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = "";
        while (process.StandardError.ReadLine() is { } line)
        {
            error += line + "\n";
            if (!line.StartsWith("reading: ", StringComparison.Ordinal)) continue;
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
