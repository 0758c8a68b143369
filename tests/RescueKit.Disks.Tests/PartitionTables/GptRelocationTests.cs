using RescueKit.Disks.PartitionTables;
using RescueKit.Model;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>A GPT moved to another length, judged by sgdisk, sfdisk and fdisk.</summary>
public sealed class GptRelocationTests : IDisposable
{
    private const long Length = TableDisks.Length;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Length + 512)]
    [InlineData(Length * 2 + 1000)]
    [InlineData(3L << 40)] // beyond what the protective MBR can count
    [InlineData(Length - (1 << 20))]
    public void Another_length_passes_sgdisk_and_sfdisk(long newLength)
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        var before = Read(path);
        var patches = Resize(path, newLength);
        AssertVerified(path);
        Assert.Equal(before.Partitions, Read(path).Partitions);
        Assert.All(patches, patch => Assert.True(patch.Extent.End <= newLength));
        if (newLength > Length) Assert.Contains("Total free space", Tool.Must("sgdisk", "-p", path).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_equal_length_needs_nothing()
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        using var disk = BlockDevices.OpenSource(path);
        Assert.Empty(GptRelocation.Patches(disk, PartitionTableReader.Read(disk), Length));
        Assert.Empty(GptRelocation.Patches(disk, PartitionTableReader.Read(disk), Length + 100)); // less than a sector more
    }

    [Theory]
    [InlineData(512, 512, Length)]
    [InlineData(1024, 16384, Length)]
    [InlineData(512, 512, Length * 3)]
    [InlineData(Length - 512, 512, Length)]
    [InlineData(Length - 512, 512, Length * 3)]
    [InlineData(0, 512, Length)]
    public void A_damaged_copy_is_made_anew(long offset, int length, long newLength)
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        var before = Read(path);
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = offset;
            file.Write(new byte[length]);
        }
        Resize(path, newLength);
        AssertVerified(path);
        Assert.Equal(before.Partitions, Read(path).Partitions);
        Assert.Empty(Read(path).Warnings);
    }

    [Theory]
    [InlineData(Length * 2)]
    [InlineData(Length)]
    public void Sectors_of_4096_bytes_pass_fdisk(long newLength)
    {
        var path = TableDisks.Gpt4096(_folder.File("disk"));
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = 4096;
            file.Write(new byte[4096]);
        }
        Resize(path, newLength);
        var verdict = Tool.Run(new ToolRequest("fdisk", ["-b", "4096", path]) { Input = "v\nq\n" }).Everything;
        Assert.Contains("No errors detected", verdict, StringComparison.Ordinal);
        Assert.DoesNotContain("corrupt", verdict, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("PMBR size mismatch", verdict, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(4096, Read(path).SectorSize);
    }

    [Fact]
    public void A_hybrid_mbr_stays_as_its_maker_left_it()
    {
        var path = TableDisks.Hybrid(_folder.File("disk"));
        var before = new byte[512];
        using (var disk = BlockDevices.OpenSource(path)) disk.Read(0, before);
        Resize(path, Length * 2);
        using var after = BlockDevices.OpenSource(path);
        var now = new byte[512];
        after.Read(0, now);
        Assert.Equal(before, now);
        Assert.Equal(3, PartitionTableReader.Read(after).Partitions.Count);
    }

    [Fact]
    public void The_header_left_behind_is_erased()
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        Resize(path, Length * 2);
        using var disk = BlockDevices.OpenSource(path);
        var old = new byte[512];
        disk.Read(Length - 512, old);
        Assert.False(old.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_length_that_cuts_a_partition_is_refused()
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        using var disk = BlockDevices.OpenSource(path);
        var layout = PartitionTableReader.Read(disk);
        Assert.Throws<SafetyException>(() => GptRelocation.Patches(disk, layout, 20 << 20));
        Assert.Throws<SafetyException>(() => GptRelocation.Patches(disk, layout, 0));
        Assert.Throws<SafetyException>(() => GptRelocation.Patches(disk, layout, layout.Partitions[^1].Extent.End + 32 * 512));
        Assert.NotEmpty(GptRelocation.Patches(disk, layout, layout.Partitions[^1].Extent.End + 33 * 512));
    }

    /// <summary>The primary's entries may lie anywhere before the first usable sector.</summary>
    [Fact]
    public void A_length_that_cuts_the_primarys_own_entries_is_refused()
    {
        var path = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must("sgdisk", "-o", path);
        Tool.Must("sgdisk", "-j", "60000", path);
        using var disk = BlockDevices.OpenSource(path);
        var layout = PartitionTableReader.Read(disk);
        Assert.Equal(PartitionTableKind.Gpt, layout.Kind);
        Assert.Throws<SafetyException>(() => GptRelocation.Patches(disk, layout, 20 << 20));
        Assert.NotEmpty(GptRelocation.Patches(disk, layout, 40 << 20));
    }

    [Fact]
    public void Other_tables_need_nothing()
    {
        using var disk = BlockDevices.OpenSource(TableDisks.Mbr(_folder.File("disk")));
        Assert.Empty(GptRelocation.Patches(disk, PartitionTableReader.Read(disk), Length * 2));
    }

    private static IReadOnlyList<BlockPatch> Resize(string path, long newLength)
    {
        IReadOnlyList<BlockPatch> patches;
        using (var disk = BlockDevices.OpenSource(path)) patches = GptRelocation.Patches(disk, PartitionTableReader.Read(disk), newLength);
        using (var file = new FileStream(path, FileMode.Open)) file.SetLength(newLength);
        using var target = BlockDevices.OpenTarget(path);
        foreach (var patch in patches) target.Write(patch.Offset, patch.Bytes.Span);
        return patches;
    }

    private static void AssertVerified(string path)
    {
        var sgdisk = Tool.Must("sgdisk", "-v", path).Everything;
        Assert.Contains("No problems found", sgdisk, StringComparison.Ordinal);
        var sfdisk = Tool.Must("sfdisk", "--verify", path).Everything;
        Assert.Contains("No errors detected", sfdisk, StringComparison.Ordinal);
        Assert.DoesNotContain("PMBR size mismatch", sfdisk, StringComparison.Ordinal);
        Assert.DoesNotContain("not on the end", sfdisk, StringComparison.Ordinal);
    }

    private static DiskLayout Read(string path)
    {
        using var disk = BlockDevices.OpenSource(path);
        return PartitionTableReader.Read(disk);
    }
}
