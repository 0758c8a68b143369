using RescueKit.Agent.Places;
using RescueKit.Agent.Protocol;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Agent.Tests.Places;

public sealed class PlaceBookTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly MadeUpRoot _root = new();
    private readonly FakeTools _tools = new();
    private readonly List<string> _log = [];
    private readonly PlaceBook _places;

    public PlaceBookTests()
    {
        _root.File("/proc/self/mountinfo", "");
        _tools.On("blockdev --getro", "0\n");
        _places = new PlaceBook(new Mounter(_tools, _folder.File("places")), new SystemMounts(_root.Root), _ => { }, null, _log.Add);
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }

    /// <summary>Before, the stick that was plugged in again could not be attached: its place was still taken by what had been pulled.</summary>
    [Fact]
    public void A_stick_that_was_pulled_is_no_place_any_more_and_can_be_attached_again()
    {
        var stick = new PlaceRequest { Kind = PlaceKind.Stick, Address = Fat("one"), Writable = true };
        var first = _places.Attach(stick);
        Assert.Equal([first.Path], _places.List().Select(place => place.Path));
        File.Delete(stick.Address);
        Assert.Empty(_places.List());
        Assert.Equal($"umount -l {first.Path}", _tools.Lines.Last());
        Assert.Contains("this stick is gone: it was unplugged", _log);
        Assert.Equal(PlaceBook.StickId, _places.Attach(stick with { Address = Fat("two") }).Id);
    }

    [Fact]
    public void A_share_is_attached_once_and_another_one_for_another_user_or_port()
    {
        var share = new PlaceRequest { Kind = PlaceKind.Smb, Address = "//nas/x", User = "bob", Password = "hush" };
        var first = _places.Attach(share);
        Assert.Equal(first.Id, _places.Attach(share).Id);
        Assert.NotEqual(first.Id, _places.Attach(share with { User = "ann" }).Id);
        Assert.NotEqual(first.Id, _places.Attach(share with { Options = "port=1445" }).Id);
    }

    private string Fat(string name)
    {
        var fat = SparseFile.Create(_folder.File(name), 2 << 20);
        Tool.Must("mkfs.fat", fat);
        return fat;
    }
}
