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
    [InlineData(0x5C, 0, 0x40, "lazy_bg")]
    [InlineData(0x5C, 3, 0x80, "0x80000000")]
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
    [InlineData("ext4-no-checksums", "ssv first_ino 12", "first inode")]
    [InlineData("ext4-no-checksums", "ssv r_blocks_count 40000", "reserves")]
    [InlineData("ext4-no-checksums", "ssv reserved_gdt_blocks 257", "reserved for group descriptors")]
    [InlineData("ext4-no-checksums", "ssv journal_uuid 6f1b0f0e-1111-4222-8333-123456789abc", "another volume")]
    [InlineData("ext4-no-checksums", "set_inode_field <8> flags 0xffffffff", "flags 0xffffffff")]
    [InlineData("ext4-no-checksums", "set_inode_field <8> file_acl 127", "extended attributes")]
    [InlineData("ext2-1k", "ssv journal_inum 8", "names a journal")]
    [InlineData("ext2-1k", "ssv journal_uuid 6f1b0f0e-1111-4222-8333-123456789abc", "names a journal")]
    [InlineData("ext2-1k", "set_inode_field <2> mode 0100644", "root directory")]
    public void A_contradiction_is_whole_with_its_numbers(string name, string commands, string reason)
    {
        using var folder = new TempFolder();
        var path = variants.CopyOf(name, folder);
        ExtImages.Debugfs(path, commands.Split('\n'));
        var content = Read(path);
        Assert.Null(content.Map);
        Assert.Contains(reason, content.WholeReason);
    }

    /// <summary>e2fsck calls such descriptors corrupt and looks for a backup.</summary>
    [Theory]
    [InlineData("ext2-1k", "set_bg 1 inode_bitmap {0}")] // its own block bitmap
    [InlineData("ext4-no-checksums", "set_bg 1 block_bitmap {1}")] // another group's
    [InlineData("ext4-no-checksums", "set_bg 1 inode_table 2")] // the group descriptors
    public void Metadata_on_top_of_other_metadata_is_not_believed(string name, string command)
    {
        using var folder = new TempFolder();
        var path = variants.CopyOf(name, folder);
        var places = Tool.Must("dumpe2fs", path).Output.Split('\n').Where(line => line.Contains("Block bitmap at ", StringComparison.Ordinal))
            .Select(line => line.Split("Block bitmap at ")[1].Split(' ', ',')[0]).ToList();
        ExtImages.Debugfs(path, [string.Format(command, places[1], places[0])]);
        Assert.Contains("Corrupt group descriptor", Tool.Run("e2fsck", "-fn", path).Everything);
        var content = Read(path);
        Assert.Null(content.Map);
        Assert.Null(content.UncleanMap);
    }

    /// <summary>A file deleted while it was open keeps its blocks in the bitmap until the next mount frees them: e2fsck complains, the map stands.</summary>
    [Theory]
    [InlineData("ext4-4k")]
    [InlineData("ext3-1k")]
    public void An_orphan_keeps_its_blocks_and_the_file_system_its_map(string name)
    {
        using var folder = new TempFolder();
        var path = variants.CopyOf(name, folder);
        var used = Read(path).Map!.UsedIn(new Extent(0, new FileInfo(path).Length));
        var (file, inode) = ExtImages.FirstFile(path);
        var block = long.Parse(Tool.Must("debugfs", "-R", $"bmap <{inode}> 0", path).Output);
        ExtImages.Debugfs(path, [$"unlink \"/{file}\"", $"set_inode_field <{inode}> links_count 0", $"ssv last_orphan {inode}"]);
        Assert.False(ExtImages.IsConsistent(path));
        var content = Read(path);
        Assert.Null(content.WholeReason);
        Assert.Equal(used, content.Map!.UsedIn(new Extent(0, new FileInfo(path).Length)));
        Assert.NotEmpty(used.Clip(new Extent(block * content.BlockSize, content.BlockSize)));
    }

    [Fact]
    public void An_orphan_file_with_entries_leaves_the_map_standing()
    {
        using var folder = new TempFolder();
        var path = variants.CopyOf("ext4-new-features", folder);
        var used = Read(path).Map!.UsedBytes;
        ExtImages.Debugfs(path, ["feature orphan_present"]);
        Assert.Equal(used, Read(path).Map!.UsedBytes);
    }

    [Fact]
    public void A_journal_of_several_file_systems_is_not_believed()
    {
        using var folder = new TempFolder();
        var path = variants.CopyOf("ext4-no-checksums", folder);
        var block = long.Parse(Tool.Must("debugfs", "-R", "bmap <8> 0", path).Output);
        using var volume = new FileSource(path);
        var changed = new OverlaySource(volume);
        changed.Patch(block * 1024 + 0x40, [0, 0, 0, 2]);
        Assert.Contains("2 file systems", new ExtReader().Read(changed, new AllocationOptions())!.WholeReason);
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
