using System.Text.Json;
using RescueKit.Cli.Session;
using RescueKit.Cli.Tests.Fakes;
using RescueKit.Engine;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Cli.Tests.Session;

public sealed class RunSessionTests : IDisposable
{
    private static readonly RunOptions Options = new() { Help = "rescuekit --help", Uses = [], ShowPlan = true, Confirm = "Y7K2P" };

    private static readonly Receipt Failed = Samples.Receipt with { Verdict = "failed", Error = "chunk 7 is damaged", ExitCode = 3 };

    private readonly FakeTerminal _terminal = new();
    private readonly Interruption _interruption = new(() => Assert.Fail("a run must not be ended at once"));
    private readonly FakeRun _run = new(Samples.Plan, (_, _, _) => Samples.Receipt);

    public void Dispose() => _interruption.Dispose();

    [Fact]
    public void A_run_prints_its_plan_and_its_receipt_and_ends_with_the_receipts_exit_code()
    {
        Assert.Equal(5, Execute(Options, _run));
        Assert.StartsWith("Plan: restore\n", _terminal.Output.ToString(), StringComparison.Ordinal);
        Assert.Contains("complete with losses", _terminal.Output.ToString(), StringComparison.Ordinal);
        Assert.True(_run.Disposed);
    }

    [Fact]
    public void A_dry_run_executes_nothing_and_asks_nothing()
    {
        Assert.Equal(0, Execute(Options with { DryRun = true, Confirm = null }, _run));
        Assert.False(_run.Executed);
        Assert.Empty(_terminal.Asked);
        Assert.True(_run.Disposed);
    }

    [Fact]
    public void Without_confirmation_nothing_is_executed()
    {
        Assert.Throws<SafetyException>(() => Execute(Options with { Confirm = null }, _run));
        Assert.False(_run.Executed);
        Assert.True(_run.Disposed);
        Assert.Contains("LOST", _terminal.Output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void With_json_standard_output_holds_one_document_and_the_plan_goes_to_standard_error()
    {
        Assert.Equal(5, Execute(Options with { Json = true }, _run));
        using var receipt = JsonDocument.Parse(_terminal.Output.ToString());
        Assert.Equal("complete with losses", receipt.RootElement.GetProperty("verdict").GetString());
        Assert.StartsWith("Plan: restore\n", _terminal.Errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_person_who_is_asked_sees_the_plan_even_when_standard_output_is_a_file()
    {
        _terminal.Answers("Y7K2P");
        Assert.Equal(5, Execute(Options with { Confirm = null }, _run));
        Assert.StartsWith("Plan: restore\n", _terminal.Errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Quiet_means_that_no_progress_is_asked_for()
    {
        var asked = true;
        Execute(Options with { Quiet = true }, new FakeRun(Samples.Plan, (_, progress, _) =>
        {
            asked = progress is not null;
            return Samples.Receipt;
        }));
        Assert.False(asked);
    }

    [Fact]
    public void A_signal_cancels_the_run_and_what_is_left_is_said()
    {
        var run = new FakeRun(Samples.Plan, (_, _, cancel) =>
        {
            _interruption.Signalled();
            _interruption.Signalled();
            Assert.True(cancel.IsCancellationRequested);
            throw new RunCancelledException("it is incomplete", "do it again", new OperationCanceledException(), cancel);
        })
        { Receipt = Failed with { Cancelled = true, ExitCode = 130 } };
        Assert.Equal(130, Execute(Options with { Json = true }, run));
        Assert.Contains("error: cancelled: it is incomplete\n  try: do it again\n", _terminal.Errors.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"kind\": \"cancelled\"", _terminal.Output.ToString(), StringComparison.Ordinal);
        Assert.True(run.Disposed);
    }

    [Fact]
    public void A_failed_run_prints_one_document_that_holds_the_error_and_the_receipt_and_writes_the_receipt()
    {
        using var folder = new TempFolder();
        var file = folder.File("receipt.json");
        var run = new FakeRun(Samples.Plan, (_, _, _) => throw new ImageDamagedException("chunk 7 is damaged", "use another copy")) { Receipt = Failed };
        Assert.Equal(3, Execute(Options with { Json = true, ReceiptFile = file }, run));
        using var printed = JsonDocument.Parse(_terminal.Output.ToString());
        Assert.Equal("chunk 7 is damaged", printed.RootElement.GetProperty("error").GetString());
        Assert.Equal("failed", printed.RootElement.GetProperty("receipt").GetProperty("verdict").GetString());
        using var written = JsonDocument.Parse(File.ReadAllText(file));
        Assert.Equal(Failed.BytesWritten, written.RootElement.GetProperty("bytes_written").GetInt64());
    }

    [Fact]
    public void A_person_sees_how_far_a_failed_run_came()
    {
        var run = new FakeRun(Samples.Plan, (_, _, _) => throw new DeviceException("it is on fire", "water")) { Receipt = Failed with { Warnings = ["The receipt could not be written."] } };
        Assert.Equal(1, Execute(Options, run));
        Assert.Contains("failed, in", _terminal.Output.ToString(), StringComparison.Ordinal);
        Assert.Contains("120.0 GiB", _terminal.Output.ToString(), StringComparison.Ordinal);
        Assert.Contains("The receipt could not be written.", _terminal.Output.ToString(), StringComparison.Ordinal);
        Assert.Contains("error: it is on fire\n  try: water\n", _terminal.Errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_receipt_is_also_written_to_a_file()
    {
        using var folder = new TempFolder();
        var file = folder.File("receipt.json");
        Execute(Options with { ReceiptFile = file }, _run);
        using var receipt = JsonDocument.Parse(File.ReadAllText(file));
        Assert.Equal(5, receipt.RootElement.GetProperty("exit_code").GetInt32());
    }

    [Fact]
    public void A_receipt_replaces_an_older_receipt_and_nothing_else()
    {
        using var folder = new TempFolder();
        var file = folder.File("receipt.json");
        for (var round = 0; round < 2; round++) Assert.Equal(5, Execute(Options with { ReceiptFile = file }, _run));
        Assert.Equal([file], Directory.GetFileSystemEntries(folder.FullPath));

        var disk = folder.File("disk.raw");
        var content = new byte[1 << 20];
        new Random(3).NextBytes(content);
        File.WriteAllBytes(disk, content);
        File.CreateSymbolicLink(folder.File("link"), disk);
        File.WriteAllText(folder.File("other.json"), "{ \"name\": \"value\" }");
        foreach (var name in (string[])["disk.raw", "link", "other.json"])
        {
            var run = new FakeRun(Samples.Plan, (_, _, _) => Samples.Receipt);
            Assert.Throws<SafetyException>(() => Execute(Options with { ReceiptFile = folder.File(name) }, run));
            Assert.False(run.Executed);
        }
        Assert.Equal(content, File.ReadAllBytes(disk));
    }

    [Theory]
    [InlineData("image.rki")]
    [InlineData("image.rki.002")]
    [InlineData("new.raw")]
    public void A_receipt_does_not_take_a_name_that_the_run_needs(string name)
    {
        using var folder = new TempFolder();
        Directory.CreateSymbolicLink(folder.File("alias"), folder.FullPath);
        var plan = Samples.Plan with
        {
            From = Samples.Plan.From with { Path = folder.File("image.rki") },
            Onto = Samples.Plan.Onto with { Path = folder.File("new.raw") },
        };
        var run = new FakeRun(plan, (_, _, _) => Samples.Receipt);
        Assert.Throws<SafetyException>(() => Execute(Options with { ReceiptFile = folder.File($"alias/{name}") }, run));
        Assert.False(run.Executed);
    }

    [Fact]
    public void A_receipt_that_cannot_be_written_is_found_before_the_run()
    {
        using var folder = new TempFolder();
        Assert.Throws<DeviceException>(() => Execute(Options with { ReceiptFile = folder.File("nowhere/receipt.json") }, _run));
        Assert.False(_run.Executed);
    }

    [Fact]
    public void What_bears_the_receipts_name_after_the_run_is_kept_and_the_result_is_printed_all_the_same()
    {
        using var folder = new TempFolder();
        var file = folder.File("receipt.json");
        var run = new FakeRun(Samples.Plan, (_, _, _) =>
        {
            File.WriteAllText(file, "precious");
            return Samples.Receipt;
        });
        Assert.Equal(5, Execute(Options with { ReceiptFile = file }, run));
        Assert.Equal("precious", File.ReadAllText(file));
        Assert.Contains("warning: The receipt could not be written", _terminal.Output.ToString(), StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFileSystemEntries(folder.FullPath));
    }

    [Fact]
    public void The_kept_receipt_of_an_encrypted_image_tells_nothing_about_the_disk()
    {
        using var folder = new TempFolder();
        var file = folder.File("receipt.json");
        Execute(Options with { ReceiptFile = file }, new FakeRun(Samples.Plan, (_, _, _) => Samples.Receipt) { IsConfidential = true });
        var text = File.ReadAllText(file);
        Assert.Contains("complete with losses", text, StringComparison.Ordinal);
        foreach (var secret in (string[])["/dev/sda", "ext4", "root\"", Samples.Receipt.RootDigest!, $"{Samples.Receipt.BytesRead}"])
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        Assert.Equal("600", Tool.Must("stat", "-c", "%a", file).Output.Trim());
    }

    [Fact]
    public void What_failed_is_also_said_on_standard_error()
    {
        var failed = Samples.Receipt with { Verdict = "failed", Error = "chunk 7 is damaged", ExitCode = 3 };
        Assert.Equal(3, Execute(Options, new FakeRun(Samples.Plan, (_, _, _) => failed)));
        Assert.Contains("error: chunk 7 is damaged\n", _terminal.Errors.ToString(), StringComparison.Ordinal);
    }

    private int Execute(RunOptions options, FakeRun run) =>
        RunSession.Execute(new CliHost(_terminal, _interruption, new FakeClock()), options, () => run);
}
