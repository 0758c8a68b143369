using RescueKit.Agent.Ids;
using RescueKit.Agent.Tests.Fakes;
using RescueKit.Agent.Tools;
using RescueKit.Model;

namespace RescueKit.Agent.Tests.Ids;

/// <summary>What lvm is asked, and what its answers mean; a real one is in the end-to-end tests.</summary>
public sealed class VolumeGroupsTests
{
    private const string Disk = "/dev/sdx5";
    private readonly FakeTools _tools = new();
    private readonly IdWords _words = new();
    private readonly List<string> _complaints = [], _inUse = [];
    private bool _isRefused;
    private string _name = "web-vg", _id = "AAAAAA-0000-0000-0000-0000-0000-000000";

    public VolumeGroupsTests()
    {
        _tools.On("lvm pvs", _ => Ok($$"""{"report":[{"pv":[{"pv_name":"{{Disk}}","pv_uuid":"P{{_id[1..]}}","vg_name":"{{_name}}","vg_uuid":"{{_id}}"}]}]}"""));
        _tools.On("lvm vgs", """{"report":[{"vg":[{"vg_name":"web-vg"},{"vg_name":"web-v1"}]}]}""");
        _tools.On("lvm vgimportclone", call =>
        {
            if (!_isRefused) (_name, _id) = (call.Arguments[4], "BBBBBB-0000-0000-0000-0000-0000-000000");
            return Ok("");
        });
        _tools.On("lvm lvs", """
            {"report":[{"lv":[{"lv_name":"root","lv_layout":"linear","origin":""},{"lv_name":"pool","lv_layout":"thin,pool","origin":""},{"lv_name":"old","lv_layout":"linear","origin":"root"},
            {"lv_name":"off","lv_layout":"linear","origin":""},{"lv_name":"safe","lv_layout":"linear","origin":""},{"lv_name":"blank","lv_layout":"linear","origin":""}]}]}
            """);
        _tools.On("dmsetup info", call => call.Arguments[^1].EndsWith("-off", StringComparison.Ordinal) ? new ToolOutcome(1, "", "no") : Ok(call.Arguments[^1].EndsWith("-safe", StringComparison.Ordinal) ? "4\n" : call.Arguments[^1].EndsWith("-blank", StringComparison.Ordinal) ? "5\n" : "3\n"));
        _tools.On("blkid --probe --match-tag TYPE", call => Ok(call.Arguments[^1] switch { "/dev/dm-3" => "ext4\n", "/dev/dm-4" => "crypto_LUKS\n", _ => "" }));
        _tools.On("blkid --probe --match-tag UUID", "an-id\n");
        _tools.On("lvm vgchange --activate y", _ => new ToolOutcome(5, "", "off is skipped"));
    }

    [Fact]
    public void A_group_gets_another_name_of_the_same_length_that_no_other_has()
    {
        using (var groups = Groups())
        {
            var root = Assert.Single(groups.Volumes);
            Assert.Equal(new LogicalVolume("web-vg", "web-v2", "root", "/dev/dm-3", "ext4", "an-id"), root);
            Assert.Equal(["/dev/mapper/web--vg-root", "/dev/web-vg/root"], root.OldPaths);
            Assert.Equal(["mapper/web--v2-root", "web-v2/root", "disk/by-uuid/an-id"], groups.Links(_words).Select(link => link.Name));
        }
        Assert.Equal("/dev/web-v2/root BBBBBB-0000-0000-0000-0000-0000-000000 PBBBBB00000000000000000000000000", _words.In("/dev/web-vg/root AAAAAA-0000-0000-0000-0000-0000-000000 PAAAAA00000000000000000000000000"));
        Assert.StartsWith("lvm vgchange --activate n", _tools.Lines.Last(), StringComparison.Ordinal);
        Assert.EndsWith(" web-v2", _tools.Lines.Last(), StringComparison.Ordinal);
        Assert.Empty(_inUse);
    }

    /// <summary>The original's groups have the same names.</summary>
    [Fact]
    public void Nothing_is_done_to_what_lies_on_other_disks()
    {
        using (Groups()) { }
        Assert.All(_tools.Lines.Where(line => line.StartsWith("lvm", StringComparison.Ordinal) && !line.Contains("--readonly", StringComparison.Ordinal)),
            line => Assert.Contains($"filter=[\"a|^{Disk}$|\", \"r|.*|\"]", line, StringComparison.Ordinal));
        Assert.DoesNotContain(_tools.Lines, line => line.StartsWith("lvm vgchange --activate n", StringComparison.Ordinal) && line.EndsWith(" web-vg", StringComparison.Ordinal));
    }

    [Fact]
    public void What_keeps_its_id_is_named()
    {
        using (Groups()) { }
        Assert.Equal(3, _complaints.Count);
        Assert.Contains("web-vg/old (on the copy web-v2/old)", _complaints[0], StringComparison.Ordinal);
        Assert.Contains("off is skipped", _complaints[1], StringComparison.Ordinal);
        Assert.Contains("crypto_LUKS", _complaints[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_that_keeps_its_name_ends_it()
    {
        _isRefused = true;
        Assert.Throws<DeviceException>(Groups);
        Assert.DoesNotContain(_tools.Lines, line => line.StartsWith("lvm vgchange", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_physical_volumes_lvm_is_not_needed()
    {
        using var groups = new VolumeGroups(_tools, [], _words, _complaints, _inUse);
        Assert.Empty(groups.Volumes);
        Assert.Empty(_tools.Lines);
    }

    private VolumeGroups Groups() => new(_tools, [Disk], _words, _complaints, _inUse);

    private static ToolOutcome Ok(string output) => new(0, output, "");
}
