using System.Text;
using RescueKit.Agent.Ids;

namespace RescueKit.Agent.Tests.Ids;

public class IdWordsTests
{
    private const string Old = "6f1f6ee4-1f1c-4a52-8a7e-0000000000ab", New = "11111111-2222-3333-4444-55555555cdef";

    [Theory]
    [InlineData($"UUID={Old} / ext4", $"UUID={New} / ext4")]
    [InlineData($"/dev/disk/by-uuid/{Old}", $"/dev/disk/by-uuid/{New}")]
    [InlineData($"\"{Old}\" and {Old}", $"\"{New}\" and {New}")]
    [InlineData("root=PARTUUID=6F1F6EE4-1F1C-4A52-8A7E-0000000000AB", "root=PARTUUID=11111111-2222-3333-4444-55555555CDEF")]
    [InlineData(@"dev-disk-by\x2duuid-6f1f6ee4\x2d1f1c\x2d4a52\x2d8a7e\x2d0000000000ab.device", @"dev-disk-by\x2duuid-11111111\x2d2222\x2d3333\x2d4444\x2d55555555cdef.device")]
    [InlineData(@"by\x2d6f1f6ee4\x2d1f1c\x2d4a52\x2d8a7e\x2d0000000000ab", @"by\x2d11111111\x2d2222\x2d3333\x2d4444\x2d55555555cdef")]
    [InlineData("UUID=16A0-0B06 /boot/efi", "UUID=9999-ABCD /boot/efi")]
    [InlineData("PARTUUID=aabbccdd-01 0xaabbccdd", "PARTUUID=12345678-01 0x12345678")]
    public void Ids_are_changed_where_they_are_named(string text, string expected) => Assert.Equal(expected, Words().In(text));

    [Theory]
    [InlineData($"{Old}0")]
    [InlineData($"f{Old}")]
    [InlineData("116A0-0B06")]
    [InlineData("sha1 aabbccdd01")]
    [InlineData("nothing")]
    public void Longer_numbers_are_none(string text) => Assert.Equal(text, Words().In(text));

    [Fact]
    public void A_change_stays_at_its_place()
    {
        var content = Encoding.Latin1.GetBytes($"\u00e4\0{Old}\n");
        var change = Assert.Single(Words().Changes(content));
        Assert.Equal((2, New), (change.Offset, Encoding.ASCII.GetString(change.Bytes)));
    }

    [Fact]
    public void Without_any_nothing_changes()
    {
        Assert.Equal(Old, new IdWords().In(Old));
        Assert.Throws<ArgumentException>(() => new IdWords().Add("1", "22"));
    }

    [Theory]
    [InlineData("/dev/mapper/web--vg-root / ext4", "/dev/mapper/web--v1-root / ext4")]
    [InlineData("/dev/web-vg/root /srv", "/dev/web-v1/root /srv")]
    [InlineData("root=/dev/mapper/web--vg-root rd.lvm.lv=web-vg/root rd.lvm.vg=web-vg quiet", "root=/dev/mapper/web--v1-root rd.lvm.lv=web-v1/root rd.lvm.vg=web-v1 quiet")]
    [InlineData(@"dev-mapper-web\x2d\x2dvg\x2droot.device dev-web\x2dvg-root.swap", @"dev-mapper-web\x2d\x2dv1\x2droot.device dev-web\x2dv1-root.swap")]
    [InlineData("set root='lvm/web--vg-root'", "set root='lvm/web--v1-root'")]
    [InlineData("set root='lvmid/aBcDeF-0123-4567-89aB-cDeF-0123-456789/x'", "set root='lvmid/ZZZZZZ-0123-4567-89aB-cDeF-0123-456789/x'")]
    public void Volume_groups_are_changed_where_they_are_named_as_such(string text, string expected) => Assert.Equal(expected, GroupWords().In(text));

    [Theory]
    [InlineData("the web-vg of the web")]
    [InlineData("/dev/mapper/web--vg--two-root /dev/web-vg2/root /dev/WEB-VG/root")]
    [InlineData(@"dev-mapper-web\x2d\x2dvg\x2d\x2dtwo\x2droot.device")]
    [InlineData("rd.lvm.vg=web-vg2 /srv/web-vg/file")]
    public void Other_words_are_no_volume_group(string text) => Assert.Equal(text, GroupWords().In(text));

    private static IdWords GroupWords()
    {
        var words = new IdWords();
        words.AddGroup("web-vg", "web-v1");
        words.Add("aBcDeF-0123-4567-89aB-cDeF-0123-456789", "ZZZZZZ-0123-4567-89aB-cDeF-0123-456789");
        return words;
    }

    private static IdWords Words()
    {
        var words = new IdWords();
        words.Add(Old, New);
        words.Add("16A0-0B06", "9999-ABCD");
        words.Add("aabbccdd", "12345678");
        return words;
    }
}
