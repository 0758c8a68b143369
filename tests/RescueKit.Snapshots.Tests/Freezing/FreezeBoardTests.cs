using RescueKit.Model;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Interop;
using RescueKit.Testing.Tools;

namespace RescueKit.Snapshots.Tests.Freezing;

public sealed class FreezeBoardTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Who_has_closed_it_holds_its_lock_no_more()
    {
        var path = _folder.File("board");
        FreezeBoard.Create(path, "{}");
        using var other = Kernel.Open(path, Kernel.ReadWrite)!;
        using (var board = new FreezeBoard(path))
        {
            Assert.True(Kernel.TryLock(board.File));
            Assert.False(Kernel.TryLock(other));
        }
        Assert.True(Kernel.TryLock(other));
    }

    [Fact]
    public void What_one_writes_the_other_reads()
    {
        var path = _folder.File("board");
        FreezeBoard.Create(path, "{}");
        using var one = new FreezeBoard(path);
        using var other = new FreezeBoard(path);
        Assert.False(FreezeBoard.MarksAny(path));
        (one.Phase, one.IsDetached, one.FileSystem(FreezeBoard.MostFileSystems - 1)) = (FreezePhase.Done, true, 1);
        Assert.Equal((FreezePhase.Done, true, (byte)0), (other.Phase, other.IsDetached, other.Volume(0)));
        Assert.True(FreezeBoard.MarksAny(path));
    }

    [Fact]
    public void Where_it_cannot_be_written_the_error_says_which()
    {
        File.WriteAllText(_folder.File("in-the-way"), "");
        Assert.Contains("in-the-way", Assert.Throws<SnapshotException>(() => FreezeBoard.Create(_folder.File("in-the-way/board"), "{}")).Message, StringComparison.Ordinal);
    }
}
