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

    [Fact]
    public void A_folder_over_SSH_is_named_by_its_address()
    {
        var bob = new PlaceRequest { Kind = PlaceKind.Ssh, Address = "nas:/srv/images", User = "bob", Password = "p@ss#1" };
        Assert.Equal(new OnShare(bob, "web1.rki"), PlacedPath.Parse("ssh://bob:p%40ss%231@nas/srv/images/web1.rki"));
        Assert.Equal(new OnShare(new PlaceRequest { Kind = PlaceKind.Ssh, Address = "nas:/" }, "web1.rki"), PlacedPath.Parse("ssh://nas/web1.rki"));
    }

    [Theory]
    [InlineData("nfs://nas:20049/export/web1.rki", "port=20049")]
    [InlineData("smb://bob:x@nas:1445/share/web1.rki", "port=1445")]
    [InlineData("ssh://bob@nas:2222/srv/web1.rki?IdentityFile=/root/key", "port=2222,IdentityFile=/root/key")]
    [InlineData("nfs://nas/export/web1.rki?vers=3,tcp", "vers=3,tcp")]
    public void A_port_and_mount_options_may_be_given(string word, string options) => Assert.Equal(options, ((OnShare)PlacedPath.Parse(word)!).Request.Options);

    [Theory]
    [InlineData("smb://bob:hush@nas/share")]
    [InlineData("ssh://bob:hush@/x.rki")]
    [InlineData("nfs://bob:hush@nas/x.rki")]
    public void A_complaint_holds_no_password(string word) =>
        Assert.DoesNotContain("hush", Assert.Throws<UsageException>(() => PlacedPath.Parse(word)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("ssh://nas/folder/")]
    [InlineData("nfs://nas/web1.rki")]
    [InlineData("smb://nas/share")]
    [InlineData("smb:///share/x.rki")]
    public void Half_an_address_is_refused(string word) => Assert.Throws<UsageException>(() => PlacedPath.Parse(word));
}
