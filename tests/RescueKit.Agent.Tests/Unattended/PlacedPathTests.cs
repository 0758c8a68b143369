using RescueKit.Agent.Protocol;
using RescueKit.Agent.Unattended;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Unattended;

public class PlacedPathTests
{
    [Theory]
    [InlineData("/dev/sda")]
    [InlineData("--verify")]
    [InlineData("LABEL=X")]
    [InlineData("image")]
    public void Ordinary_words_are_left_alone(string word) => Assert.Null(PlacedPath.Parse(word));

    [Fact]
    public void Partitions_are_named_by_label_or_id()
    {
        Assert.Equal(new OnPartition(true, "RESCUEKIT-DATA", "a/web1.rki"), PlacedPath.Parse("LABEL=RESCUEKIT-DATA:/a/web1.rki"));
        Assert.Equal(new OnPartition(false, "12ab-34cd", "web1.rki"), PlacedPath.Parse("UUID=12ab-34cd:/web1.rki"));
    }

    [Fact]
    public void Shares_are_named_by_their_address()
    {
        Assert.Equal(new OnShare(new PlaceRequest { Kind = PlaceKind.Nfs, Address = "nas:/export/images" }, "web1.rki"), PlacedPath.Parse("nfs://nas/export/images/web1.rki"));
        Assert.Equal(new OnShare(new PlaceRequest { Kind = PlaceKind.Smb, Address = "//nas/share", User = "bob", Password = "a b:c" }, "dir/web1.rki"),
            PlacedPath.Parse("smb://bob:a%20b:c@nas/share/dir/web1.rki"));
        Assert.Equal(new OnShare(new PlaceRequest { Kind = PlaceKind.Smb, Address = "//nas/share" }, "web1.rki"), PlacedPath.Parse("smb://nas/share/web1.rki"));
    }

    [Theory]
    [InlineData("nfs://nas/web1.rki")]
    [InlineData("smb://nas/share")]
    [InlineData("smb:///share/x.rki")]
    public void Half_an_address_is_refused(string word) => Assert.Throws<UsageException>(() => PlacedPath.Parse(word));
}
