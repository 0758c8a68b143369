using System.Diagnostics;
using System.Globalization;
using RescueKit.Snapshots.Writers;
using RescueKit.Snapshots.Writers.Hooks;
using RescueKit.Snapshots.Writers.Processes;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Writers;

/// <summary>Executables that do what a snapshot needs, and those that do not.</summary>
public class HookWriterTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(60), s_short = TimeSpan.FromMilliseconds(500);

    private static readonly WriterContext s_context = new(["partition 1 of /dev/sda", "partition 2 of /dev/sda"], ["/srv", "/var lib"]);

    [Fact]
    public void It_is_called_for_each_step_and_told_what_it_is_about()
    {
        using var script = new HookScript("""echo "$RESCUEKIT_WRITER $RESCUEKIT_STEP $(echo "$RESCUEKIT_VOLUMES" | wc -l) $(echo "$RESCUEKIT_MOUNT_POINTS" | tail -1) $RESCUEKIT_OUTCOME $RESCUEKIT_SNAPSHOT" >>$D/told""");
        using var writer = script.Writer();
        writer.Prepare(s_context, s_long);
        writer.Freeze(s_long);
        writer.Thaw(true, s_long);
        writer.Complete(new WriterEnding("0badcafe", true), s_long);
        Assert.Equal(["prepare", "freeze", "thaw", "complete"], script.Calls);
        Assert.Equal(["app prepare 2 /var lib", "app freeze 2 /var lib", "app thaw 2 /var lib taken", "app complete 2 /var lib success 0badcafe"], File.ReadAllLines(script.At("told")).Select(line => line.TrimEnd()));
    }

    [Fact]
    public void It_gets_nothing_of_this_process_but_a_plain_environment()
    {
        using var script = new HookScript("env >$D/env; cat >$D/input; pwd >$D/where");
        Environment.SetEnvironmentVariable("RESCUEKIT_TEST_SECRET", "1");
        using var writer = script.Writer();
        writer.Prepare(s_context, s_long);
        Assert.DoesNotContain("SECRET", File.ReadAllText(script.At("env")), StringComparison.Ordinal);
        Assert.Empty(File.ReadAllText(script.At("input")));
        Assert.Equal("/", File.ReadAllText(script.At("where")).Trim());
    }

    [Fact]
    public void A_failed_freeze_tells_its_exit_code_and_last_words_and_is_thawed_all_the_same()
    {
        using var script = new HookScript("[ $1 != freeze ] || { echo first; echo 'the queue is full' >&2; exit 7; }");
        using var writer = script.Writer();
        writer.Prepare(s_context, s_long);
        var failure = Assert.Throws<WriterException>(() => writer.Freeze(s_long));
        Assert.Contains("exit code 7: the queue is full", failure.Message, StringComparison.Ordinal);
        writer.Thaw(false, s_long);
        Assert.Equal(["prepare", "freeze", "thaw"], script.Calls);
        Assert.Contains("freeze: first\nthe queue is full", writer.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sleep 1000")]
    [InlineData("trap '' TERM; while :; do sleep 1000; done")]
    [InlineData("trap '' TERM; sleep 1000 & sh -c 'trap \"\" TERM; echo $$ >$0/child; sleep 1000' $D & wait; wait")]
    public void One_that_takes_too_long_is_ended_with_everything_that_it_started(string body)
    {
        using var script = new HookScript($"[ $1 = thaw ] && exit 0; echo $$ >$D/child\n{body}");
        using var writer = script.Writer();
        Assert.Contains("within 0.5 s", Assert.Throws<WriterException>(() => writer.Freeze(s_short)).Message, StringComparison.Ordinal);
        var child = File.ReadAllText(script.At("child")).Trim();
        Until(() => !IsAlive(child));
        writer.Thaw(false, s_long);
        Assert.Equal(["freeze", "thaw"], script.Calls);
    }

    [Fact]
    public void What_it_leaves_behind_neither_holds_the_step_up_nor_is_ended()
    {
        using var script = new HookScript("sleep 100 & echo $! >$D/child");
        using var writer = script.Writer();
        var started = Stopwatch.GetTimestamp();
        writer.Prepare(s_context, s_long);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        var child = File.ReadAllText(script.At("child")).Trim();
        Assert.True(IsAlive(child));
        Tool.Must("kill", child);
    }

    [Fact]
    public void Megabytes_of_output_are_taken_and_their_end_is_kept()
    {
        using var script = new HookScript("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo the end");
        using var writer = script.Writer();
        writer.Prepare(s_context, s_long);
        Assert.InRange(writer.Said!.Length, 100, BoundedText.MostBytes + 50);
        Assert.EndsWith("\nthe end", writer.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void Disposing_of_one_that_is_frozen_thaws_it()
    {
        using var script = new HookScript("exit 0");
        var writer = script.Writer();
        writer.Freeze(s_long);
        writer.Dispose();
        writer.Dispose();
        Assert.Equal(["freeze", "thaw"], script.Calls);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("don", 1)]
    [InlineData("done\n", 0)]
    public void A_guard_thaws_what_its_master_left_frozen(string said, int thaws)
    {
        using var script = new HookScript("exit 0");
        using var guard = new ChildProcess(ThawGuard.Command(new ChildCommand(script.Command, ["thaw"])));
        guard.Say(said);
        guard.EndInput(); // as the kernel does when the master is killed
        Assert.True(guard.WaitForExit(s_long));
        Assert.Equal(thaws, script.Calls.Length);
    }

    [Fact]
    public void One_that_is_not_there_is_told_when_it_is_looked_for()
    {
        using var writer = new HookWriter("app", new HookOptions("/nowhere/hook", null, []));
        Assert.Contains("/nowhere/hook", Assert.Throws<WriterException>(() => writer.Look(s_long)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_user_is_told()
    {
        using var script = new HookScript("exit 0");
        using var writer = new HookWriter("app", new HookOptions(script.Command, "no-such-user", []));
        Assert.Contains("no-such-user", Assert.Throws<WriterException>(() => writer.Prepare(s_context, s_long)).Message, StringComparison.Ordinal);
    }

    private static bool IsAlive(string process)
    {
        var status = $"/proc/{int.Parse(process, CultureInfo.InvariantCulture)}/stat";
        try
        {
            return !File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Until(Func<bool> condition)
    {
        for (var waited = Stopwatch.StartNew(); !condition(); Thread.Sleep(20)) Assert.True(waited.Elapsed < TimeSpan.FromSeconds(20), "it did not come");
    }
}
