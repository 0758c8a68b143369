using System.Buffers.Binary;
using RescueKit.Disks.PartitionTables;
using RescueKit.Disks.PartitionTables.Gpt;
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

    /// <summary>Where the backup is to be is what the primary says, and that may be anything: the header is right all the same.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(50)] // its array would lie on the primary's
    [InlineData(5000)] // in a partition
    [InlineData(131_039)] // the array in front of it, and the disk goes on behind it
    public void A_lost_backup_is_made_anew_at_the_end_whatever_the_primary_says(long alternateLba)
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        WithoutBackup(path, alternateLba);
        var before = File.ReadAllBytes(path);
        var partitions = Read(path).Partitions;
        Assert.Equal(3, partitions.Count);
        Resize(path, Length);
        AssertVerified(path);
        Assert.Equal(partitions, Read(path).Partitions);
        Assert.Empty(Read(path).Warnings);
        var after = File.ReadAllBytes(path);
        Assert.True(before.AsSpan(34 * 512, (int)Length - (34 + 33) * 512).SequenceEqual(after.AsSpan(34 * 512, (int)Length - (34 + 33) * 512)));
    }

    /// <summary>As where a program made the last partition longer without knowing of the backup.</summary>
    [Fact]
    public void A_partition_that_lies_where_the_backup_has_to_be_keeps_its_bytes()
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        WithoutBackup(path, Length / 512 - 1, entries => BinaryPrimitives.WriteInt64LittleEndian(entries.AsSpan(4 * 128 + 40), Length / 512 - 1));
        using var disk = BlockDevices.OpenSource(path);
        var layout = PartitionTableReader.Read(disk);
        Assert.Equal([1, 2], layout.Partitions.Select(p => p.Number));
        Assert.Contains(layout.Warnings, warning => warning.Contains("stays so: partition 5 lies where it has to be", StringComparison.Ordinal));
        Assert.Empty(GptRelocation.Patches(disk, layout, Length));
        var ids = TableIds.Another(layout);
        var patches = GptRelocation.Patches(disk, layout, Length, ids);
        Assert.All(patches, patch => Assert.True(patch.Extent.End <= 34 * 512));
        Assert.Contains("partition 5", Assert.Throws<SafetyException>(() => GptRelocation.Patches(disk, layout, Length + 512)).Message, StringComparison.Ordinal);
        Assert.NotEmpty(GptRelocation.Patches(disk, layout, Length * 2));
        using (var target = BlockDevices.OpenTarget(SparseFile.Copy(path, _folder.File("copy"))))
        {
            foreach (var patch in patches) target.Write(patch.Offset, patch.Bytes.Span);
        }
        Assert.Equal(ids.Disk, Read(_folder.File("copy")).DiskId);
        Assert.Equal([ids.Partitions[1], ids.Partitions[2]], Read(_folder.File("copy")).Partitions.Select(p => p.Id));
    }

    /// <summary>The backup alone is left, and does not say where the primary's entries were.</summary>
    [Fact]
    public void A_partition_that_lies_where_the_primary_has_to_be_keeps_its_bytes()
    {
        var path = SparseFile.Create(_folder.File("disk"), Length);
        Tool.Must("sgdisk", "-o", path);
        Tool.Must("sgdisk", "-a", "1", "-n", "1:34:+1M", path);
        using (var file = new FileStream(path, FileMode.Open))
        {
            // 256 entries in place of 128, so that the primary's would end at sector 66.
            Write(file, Length - 512 - 2 * 16384, Bytes(file, Length - 512 - 16384, 16384));
            Write(file, Length - 512 - 16384, new byte[16384]);
            SetHeader(file, Length - 512, header =>
            {
                BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(48), Length / 512 - 66);
                BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(72), Length / 512 - 65);
                BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(80), 256);
            });
            Write(file, 512, new byte[33 * 512]);
        }
        using var disk = BlockDevices.OpenSource(path);
        var layout = PartitionTableReader.Read(disk);
        Assert.Equal(PartitionTableKind.Gpt, layout.Kind);
        Assert.Empty(GptRelocation.Patches(disk, layout, Length));
        Assert.All(GptRelocation.Patches(disk, layout, Length, TableIds.Another(layout)), patch => Assert.True(patch.Offset >= Length - 65 * 512));
        Assert.Throws<SafetyException>(() => GptRelocation.Patches(disk, layout, Length * 2));
    }

    /// <summary>A backup of another table, with fewer entries: the primary's array goes where it has room.</summary>
    [Fact]
    public void A_backup_that_has_fewer_entries_is_made_anew_in_front_of_its_header()
    {
        var path = TableDisks.Gpt(_folder.File("disk"));
        using (var file = new FileStream(path, FileMode.Open))
        {
            // 64 entries, right behind the sectors that partitions may use, or right before the header.
            Write(file, Length - 512 - 8192, Bytes(file, 1024, 8192));
            SetHeader(file, Length - 512, header =>
            {
                BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(72), Length / 512 - 17);
                BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(80), 64);
            });
        }
        var before = Read(path);
        Assert.Contains(before.Warnings, warning => warning.Contains("differs", StringComparison.Ordinal));
        Resize(path, Length);
        AssertVerified(path);
        Assert.Equal(before.Partitions, Read(path).Partitions);
        Assert.Empty(Read(path).Warnings);
    }

    [Fact]
    public void Other_tables_need_nothing()
    {
        using var disk = BlockDevices.OpenSource(TableDisks.Mbr(_folder.File("disk")));
        Assert.Empty(GptRelocation.Patches(disk, PartitionTableReader.Read(disk), Length * 2));
    }

    /// <summary>Takes the backup away, has the primary say that it lies somewhere, and fills what partitions may use.</summary>
    private static void WithoutBackup(string path, long alternateLba, Action<byte[]>? change = null)
    {
        using var file = new FileStream(path, FileMode.Open);
        var content = new byte[Length - 34 * 512];
        new Random(3).NextBytes(content);
        Write(file, 34 * 512, content);
        var entries = Bytes(file, 1024, 16384);
        change?.Invoke(entries);
        Write(file, 1024, entries);
        SetHeader(file, 512, header => BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), alternateLba));
    }

    private static void SetHeader(FileStream file, long at, Action<byte[]> change)
    {
        var header = Bytes(file, at, 512);
        change(header);
        var entries = Bytes(file, BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(72)) * 512, BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(80)) * 128);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(88), Crc32.Of(entries));
        header.AsSpan(16, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32.Of(header.AsSpan(0, 92)));
        Write(file, at, header);
    }

    private static byte[] Bytes(FileStream file, long at, int length)
    {
        var bytes = new byte[length];
        file.Position = at;
        file.ReadExactly(bytes);
        return bytes;
    }

    private static void Write(FileStream file, long at, ReadOnlySpan<byte> bytes)
    {
        file.Position = at;
        file.Write(bytes);
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
