using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Tests.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Freezing;

/// <summary>In which order what is frozen runs again.</summary>
public sealed class FreezeKitTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeFreezeCalls _kernel = new();
    private readonly FreezeBoard _board;

    public FreezeKitTests()
    {
        FreezeBoard.Create(_folder.File("board"), "{}");
        _board = new FreezeBoard(_folder.File("board"));
    }

    public void Dispose()
    {
        _board.Dispose();
        _folder.Dispose();
    }

    /// <summary>The suspension of "stick" may wait for a read from "root" or a write to its file system, and whoever resumes "stick" waits for the suspension.</summary>
    [Fact]
    public void What_a_suspension_that_hangs_may_wait_for_runs_again_before_it()
    {
        using var kit = Kit();
        (_board.FileSystem(0), _board.FileSystem(1), _board.Volume(0), _board.Volume(1)) = (1, 1, 1, 1);
        kit.ThawAll(isOver: false);
        Assert.Equal(["resume root", "thaw /", "resume stick", "thaw /on-stick"], _kernel.Asked);
    }

    [Fact]
    public void Volumes_that_are_not_marked_are_not_resumed()
    {
        using var kit = Kit();
        (_board.Volume(0), _board.Volume(2)) = (1, 1);
        kit.ThawAll(isOver: false);
        Assert.Equal(["resume root", "resume last"], _kernel.Asked);
        kit.ThawAll(isOver: false);
        Assert.Equal(2, _kernel.Asked.Count);
    }

    [Fact]
    public void Where_it_is_not_told_what_lies_where_volumes_come_first()
    {
        using var kit = Kit(isTold: false);
        (_board.FileSystem(0), _board.FileSystem(1), _board.Volume(0), _board.Volume(1)) = (1, 1, 1, 1);
        kit.ThawAll(isOver: false);
        Assert.Equal(["resume root", "resume stick", "thaw /", "thaw /on-stick"], _kernel.Asked);
    }

    [Fact]
    public void When_nobody_freezes_any_more_everything_goes_back_as_it_came()
    {
        using var kit = Kit();
        (_board.FileSystem(0), _board.FileSystem(1), _board.Volume(0), _board.Volume(1)) = (1, 1, 1, 1);
        kit.ThawAll();
        Assert.Equal(["resume stick", "resume root", "thaw /", "thaw /on-stick"], _kernel.Asked);
    }

    private FreezeKit Kit(bool isTold = true) => new(
        new FreezeScript(_folder.File("board"), [new("/on-stick", 2), new("/", 1)], [new("root", false), new("stick", true), new("last", false)], ["frozen"], 60_000, 10_000)
        {
            OnVolumes = isTold ? [[1], [0], []] : null,
        }, _board, _kernel.Calls, mustReachAll: true);
}
