using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Tests.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Freezing;

/// <summary>How long volumes may be held.</summary>
public sealed class FreezerTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeFreezeCalls _kernel = new();
    private readonly FreezeBoard _board;

    public FreezerTests()
    {
        FreezeBoard.Create(_folder.File("board"), "{}");
        _board = new FreezeBoard(_folder.File("board"));
    }

    public void Dispose()
    {
        _board.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void In_time_it_is_all_of_it()
    {
        using var kit = Kit(limit: 10_000);
        Assert.Null(new Freezer(kit, _board).Run().Problem);
        Assert.Equal(["freeze /on-stick", "freeze /", "suspend root", "suspend stick", "suspend last", "resume frozen"], _kernel.Asked[..6]);
    }

    [Fact]
    public void Volumes_that_are_held_too_long_get_no_further_ones()
    {
        _kernel.Meanwhile = what => Thread.Sleep(what == "suspend root" ? 50 : 0);
        using var kit = Kit(limit: 20);
        var freezer = new Freezer(kit, _board);
        freezer.Rehearse();
        var outcome = freezer.Run();
        Assert.Equal(["freeze /on-stick", "freeze /", "suspend root", "resume root", "thaw /", "thaw /on-stick"], _kernel.Asked);
        Assert.Contains("more than the 20 ms allowed", outcome.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Volumes_that_are_held_too_long_when_the_last_one_is_get_no_snapshot()
    {
        _kernel.Meanwhile = what => Thread.Sleep(what == "suspend last" ? 1100 : 0);
        using var kit = Kit(limit: 1000);
        var outcome = new Freezer(kit, _board).Run();
        Assert.DoesNotContain("resume frozen", _kernel.Asked);
        Assert.Equal(["resume last", "resume stick", "resume root", "thaw /", "thaw /on-stick"], _kernel.Asked[^5..]);
        Assert.Contains("more than the 1000 ms allowed", outcome.Problem, StringComparison.Ordinal);
    }

    private FreezeKit Kit(int limit) => new(
        new FreezeScript(_folder.File("board"), [new("/on-stick", 2), new("/", 1)], [new("root", false), new("stick", true), new("last", false)], ["frozen"], 60_000, limit),
        _board, _kernel.Calls, mustReachAll: true);
}
