using RescueKit.Agent.Hosting;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Engine;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Hosting;

public sealed class RunBookTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_runs_are_asked_to_stop_before_any_is_waited_for()
    {
        using var both = new Barrier(2);
        var met = 0;
        var book = Book(() => new WaitingRun("", stopping: () =>
        {
            if (both.SignalAndWait(Limit)) Interlocked.Increment(ref met);
        }));
        Begin(book, "one");
        Begin(book, "two");
        await book.CloseAsync();
        Assert.Equal(2, met);
    }

    [Fact]
    public async Task A_run_that_cannot_let_go_of_its_disk_ends_and_says_so()
    {
        var book = Book(() => new WaitingRun("", lettingGo: () => throw new IOException("the disk is stuck")));
        var run = Begin(book, "one");
        book.Cancel(run);
        await book.Get(run).Ended.WaitAsync(Limit);
        Assert.Equal(RunStage.Ended, book.Get(run).State!.Stage);
        Assert.Equal("cancelled", book.Get(run).State!.Problem!.Kind);
        await book.CloseAsync();
    }

    [Fact]
    public async Task Of_very_many_runs_the_oldest_that_have_ended_are_forgotten()
    {
        var book = Book(() => new WaitingRun(""));
        var going = Begin(book, "going");
        var ended = new List<int>();
        for (var i = 0; i < 205; i++)
        {
            ended.Add(Begin(book, "one"));
            book.Cancel(ended[^1]);
            await book.Get(ended[^1]).Ended.WaitAsync(Limit);
        }
        // The last one to end is counted when the next one begins.
        Assert.Equal([going, .. ended.TakeLast(201)], book.States.Select(state => state.Id));
        await book.CloseAsync();
    }

    private RunBook Book(Func<IRun> open)
    {
        var receipts = new ReceiptKeeper(() => null, _folder.File("state"), TimeProvider.System);
        return new RunBook(new OneKind(open), new HostedRunServices(receipts, new EngineRunFactory().Explain, _ => { }), (_, plan) => plan);
    }

    private static int Begin(RunBook book, string disk)
    {
        var run = book.Prepare(new RunRequest(["run", disk]), CancellationToken.None).Id;
        book.Get(run).Start(null);
        return run;
    }

    private sealed class OneKind(Func<IRun> open) : IRunFactory
    {
        public RunDraft Parse(RunRequest request) => new([new RunUse(request.Command[1])], null, open);

        public Problem Explain(Exception exception) => throw new NotSupportedException();
    }
}
