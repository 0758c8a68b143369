using System.Diagnostics;
using System.Text;
using System.Text.Json;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Program;

/// <summary>Questions on a real terminal: a pseudo terminal made by script(1).</summary>
public sealed class PromptTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Passphrases_are_asked_for_without_echo_and_until_they_agree()
    {
        var (exitCode, shown) = Converse(["image", "create", "a", "b", "--encrypt"],
            [.. Enumerable.Repeat<(string, string)[]>([("New passphrase: ", "hunter2\n"), ("The same again: ", "hunter3\n")], 3).SelectMany(x => x)]);
        Assert.Equal(2, exitCode);
        Assert.Equal(4, shown.Split("They differ.").Length);
        Assert.DoesNotContain("hunter", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_at_a_prompt_ends_the_program_and_nothing_has_been_written()
    {
        var (exitCode, shown) = Converse(["image", "create", "a", "b", "--encrypt"], ("New passphrase: ", "\x03"));
        Assert.Equal(130, exitCode);
        Assert.Contains("cancelled: nothing was written", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_id_of_the_disk_is_typed_after_the_plan_was_shown()
    {
        var disk = SmallDisk.Make(_folder);
        var victim = SparseFile.Create(_folder.File("victim.raw"), 40 << 20);
        var (refused, plan) = Converse(["clone", disk, victim], ("type its id (victim.raw): ", "yes\n"));
        Assert.Equal(4, refused);
        Assert.Contains("Plan: clone", plan, StringComparison.Ordinal);
        var (exitCode, shown) = Converse(["clone", disk, victim], ("type its id (victim.raw): ", "victim.raw\n"));
        Assert.True(exitCode == 0, shown);
        Assert.Contains(" %", shown, StringComparison.Ordinal);
        SmallDisk.MustBeWhole(victim, _folder);
    }

    [Fact]
    public void A_typed_passphrase_makes_an_image_that_it_opens()
    {
        var disk = SmallDisk.Make(_folder);
        var image = _folder.File("secret.rki");
        var (exitCode, shown) = Converse(["image", "create", disk, image, "--encrypt"], ("New passphrase: ", "hunter2\n"), ("The same again: ", "hunter2\n"));
        Assert.True(exitCode == 0, shown);
        var key = _folder.File("key");
        File.WriteAllText(key, "hunter2");
        using var info = JsonDocument.Parse(Rescuekit.Run("image", "info", image, "--passphrase-file", key, "--json").Output);
        Assert.True(info.RootElement.GetProperty("opened").GetBoolean());
    }

    /// <summary>Types each answer once its question is on the screen.</summary>
    private static (int ExitCode, string Shown) Converse(string[] arguments, params (string Question, string Answer)[] exchanges)
    {
        var command = string.Join(' ', arguments.Prepend(Rescuekit.Path).Select(a => $"'{a}'"));
        var start = new ProcessStartInfo(Tool.Find("script"), ["-qec", command, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["TERM"] = "xterm";
        using var process = Process.Start(start)!;
        var shown = new StringBuilder();
        foreach (var (question, answer) in exchanges)
        {
            var from = shown.Length;
            while (!shown.ToString(from, shown.Length - from).Contains(question, StringComparison.Ordinal))
            {
                var next = process.StandardOutput.Read();
                if (next < 0) Assert.Fail($"ended before it asked '{question}':\n{shown}");
                shown.Append((char)next);
            }
            process.StandardInput.Write(answer);
            process.StandardInput.Flush();
        }
        shown.Append(process.StandardOutput.ReadToEnd());
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), $"still running:\n{shown}");
        return (process.ExitCode, shown.ToString());
    }
}
