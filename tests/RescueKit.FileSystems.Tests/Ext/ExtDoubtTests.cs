using RescueKit.FileSystems.Ext;
using RescueKit.Model;
using RescueKit.Testing.Allocation;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests.Ext;

/// <summary>Whatever raises a doubt means whole, with one line that says why.</summary>
[Collection(ExtCollection.Name)]
public class ExtDoubtTests(ExtVariants variants)
{
    [Theory]
    [InlineData(0x60, 0, 0x01, "compression")]
    [InlineData(0x60, 1, 0x10, "dirdata")]
    [InlineData(0x60, 3, 0x80, "0x80000000")]
    [InlineData(0x64, 0, 0x80, "has_snapshot")]
    [InlineData(0x64, 1, 0x40, "shared_blocks")]
    [InlineData(0x64, 2, 0x40, "0x400000")]
    public void An_unknown_feature_is_named(int field, int at, byte bit, string name)
    {
        using var volume = new FileSource(variants.PathOf("ext4-no-checksums"));
        var changed = new OverlaySource(volume);
        var value = new byte[1];
        volume.Read(1024 + field + at, value);
        value[0] |= bit;
        changed.Patch(1024 + field + at, value);
        var content = new ExtReader().Read(changed, new AllocationOptions())!;
        Assert.Null(content.Map);
        Assert.Contains(name, content.WholeReason);
        Assert.Equal("ext4", content.Type);
        Assert.Equal("ext-fixture", content.Label);
    }

    [Fact]
    public void A_compatible_feature_that_is_unknown_changes_nothing()
    {
        using var volume = new FileSource(variants.PathOf("ext4-no-checksums"));
        var changed = new OverlaySource(volume);
        changed.Patch(1024 + 0x5C + 3, [0x80]);
        Assert.NotNull(new ExtReader().Read(changed, new AllocationOptions())!.Map);
    }

    [Theory]
    [InlineData("ext2-1k", "ssv state 0", "not cleanly unmounted")]
    [InlineData("ext4-no-journal", "ssv state 0", "not cleanly unmounted")]
    [InlineData("ext4-4k", "ssv state 3", "recorded errors")]
    [InlineData("ext4-4k", "ssv state 5", "removed deleted files")]
    public void An_unclean_file_system_is_whole_but_offers_its_map_at_the_users_risk(string name, string command, string reason)
    {
        using var folder = new TempFolder();
        var path = variants.CopyOf(name, folder);
        ExtImages.Debugfs(path, [command]);
        var content = Read(path);
        Assert.Null(content.Map);
        Assert.Contains(reason, content.WholeReason);
        Assert.True(content.Unclean);
        var summary = ExtImages.Summary(path)!;
        Assert.NotNull(content.UncleanMap);
        Assert.Equal(new FileInfo(path).Length - summary.FreeBlocks * summary.BlockSize, content.UncleanMap.UsedBytes);
    }

    [Fact]
    public void Mounted_by_another_machine_means_whole()
    {
        var path = variants.PathOf("ext4-mmp");
        var line = Tool.Must("dumpe2fs", "-h", path).Output.Split('\n').Single(text => text.StartsWith("MMP block number:", StringComparison.Ordinal));
        using var volume = new FileSource(path);
        var mounted = new OverlaySource(volume);
        mounted.Patch(long.Parse(line[17..]) * 1024 + 4, [17, 0, 0, 0]);
        var content = new ExtReader().Read(mounted, new AllocationOptions())!;
        Assert.Null(content.Map);
        Assert.Contains("mmp", content.WholeReason);
        Assert.NotNull(content.UncleanMap);
    }

    [Theory]
    [InlineData("ext4-no-checksums", "ssv free_blocks_count 1234", "1234")]
    [InlineData("ext4-no-checksums", "set_bg 1 free_blocks_count 77", "77")]
    [InlineData("ext4-1k", "set_bg 1 checksum 0x1234", "checksum 1234")]
    [InlineData("ext4-1k", "set_bg 1 block_bitmap_csum 0x1234\nset_bg 1 checksum calc", "00001234")]
    [InlineData("ext4-uninit_bg", "set_bg 1 checksum 0x1234", "checksum 1234")]
    [InlineData("ext4-no-checksums", "freeb 1", "free")]
    [InlineData("ext4-no-checksums", "ssv blocks_count 65537", "65537 blocks")]
    [InlineData("ext4-no-checksums", "ssv journal_inum 0", "another volume")]
    [InlineData("ext4-no-checksums", "ssv journal_dev 0x801", "another volume")]
    [InlineData("ext4-no-checksums", "ssv journal_inum 11", "journal")]
    [InlineData("ext4-no-checksums", "ssv inodes_count 1", "inodes")]
    public void A_contradiction_is_whole_with_its_numbers(string name, string commands, string reason)
    {
        using var folder = new TempFolder();
        var path = variants.CopyOf(name, folder);
        ExtImages.Debugfs(path, commands.Split('\n'));
        var content = Read(path);
        Assert.Null(content.Map);
        Assert.Contains(reason, content.WholeReason);
    }

    [Fact]
    public void A_journal_of_another_volume_is_named()
    {
        using var folder = new TempFolder();
        var path = SparseFile.Create(folder.File("journal"), 16 << 20);
        Tool.Must("mke2fs", "-q", "-F", "-b", "4096", "-O", "journal_dev", path);
        var content = Read(path);
        Assert.Equal("ext journal", content.Type);
        Assert.Null(content.Map);
        Assert.NotNull(content.WholeReason);
    }

    private static VolumeContent Read(string path)
    {
        using var volume = new FileSource(path);
        var content = new ExtReader().Read(volume, new AllocationOptions())!;
        MapAssert.WellFormed(content, volume.Length);
        return content;
    }
}
