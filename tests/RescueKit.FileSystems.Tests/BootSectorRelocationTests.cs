using System.Buffers.Binary;
using RescueKit.FileSystems.Tests.Ntfs;
using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.FileSystems.Tests;

/// <summary>Volumes made by the real tools for one place, patched for another, and judged by the real checkers.</summary>
public sealed class BootSectorRelocationTests : IDisposable
{
    private const long Mebi = 1 << 20;
    private const long OldStart = 2048;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void Both_ntfs_boot_sectors_get_the_new_start(int sectorSize)
    {
        var image = NtfsImage.Make(_folder.File("ntfs"), 20 * Mebi, "-s", $"{sectorSize}");
        var patches = Relocate(image.Path, "NTFS", 5000L * sectorSize, sectorSize);

        Assert.Equal([0x1C, 20 * Mebi - sectorSize + 0x1C], patches.Select(p => p.Offset));
        var bytes = File.ReadAllBytes(image.Path);
        foreach (var patch in patches) Assert.Equal(5000u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((int)patch.Offset)));
        Assert.Equal(bytes[..512], bytes[^sectorSize..][..512]);
        image.Check();
        Assert.Empty(Relocate(image.Path, "NTFS", 5000L * sectorSize, sectorSize));
    }

    [Theory]
    [InlineData("FAT12", "12", 4, 1)]
    [InlineData("FAT16", "16", 32, 1)]
    [InlineData("FAT32", "32", 64, 2)]
    public void Every_fat_boot_sector_gets_the_new_start(string type, string bits, int mebi, int copies)
    {
        var path = SparseFile.Create(_folder.File("fat"), mebi * Mebi);
        Tool.Must("mkfs.fat", "-F", bits, "-h", $"{OldStart}", path);
        var patches = Relocate(path, type, 77 * Mebi, 512);

        Assert.Equal(copies, patches.Count);
        var bytes = File.ReadAllBytes(path);
        foreach (var patch in patches) Assert.Equal(77u * 2048, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((int)patch.Offset)));
        Tool.Must("fsck.fat", "-n", path);
        Assert.Empty(Relocate(path, type, 77 * Mebi, 512));
    }

    [Fact]
    public void Both_exfat_boot_regions_get_the_new_start_and_a_right_checksum()
    {
        var path = ExFat();
        Tool.Must("fsck.exfat", "-n", path);
        var patches = Relocate(path, "exFAT", 5L << 41, 512);
        Assert.Equal(4, patches.Count);
        var bytes = File.ReadAllBytes(path);
        Assert.Equal(5L << 32, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(0x40)));
        Assert.Equal(bytes[..(12 * 512)], bytes[(12 * 512)..(24 * 512)]);
        Tool.Must("fsck.exfat", "-n", path);
    }

    [Fact]
    public void Exfat_boot_regions_of_large_sectors_are_found()
    {
        // mkfs.exfat makes no sectors of 4096 bytes on a file: the fields that count, laid out by hand.
        var bytes = new byte[1 << 20];
        foreach (var region in new[] { 0, 12 * 4096 })
        {
            "EXFAT   "u8.CopyTo(bytes.AsSpan(region + 3));
            bytes[region + 0x6C] = 12;
        }
        Stamp(bytes, OldStart, 4096);
        var expected = bytes.ToArray();
        Stamp(expected, 77 * 256, 4096);
        foreach (var patch in BootSectorRelocation.Patches(MemoryDisk.FromBytes(bytes), "exFAT", 77 * Mebi, 4096))
            patch.Bytes.CopyTo(bytes.AsMemory((int)patch.Offset));
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void A_start_beyond_32_bits_becomes_unknown()
    {
        var image = NtfsImage.Make(_folder.File("ntfs"), 20 * Mebi);
        using var volume = new FileSource(image.Path);
        Assert.All(BootSectorRelocation.Patches(volume, "NTFS", 1L << 42, 512), patch => Assert.Equal(new byte[4], patch.Bytes.ToArray()));
        Assert.All(BootSectorRelocation.Patches(volume, "NTFS", 1L << 42, 4096), patch => Assert.Equal(1u << 30, BinaryPrimitives.ReadUInt32LittleEndian(patch.Bytes.Span)));
    }

    [Fact]
    public void A_volume_that_never_knew_its_place_is_left_alone()
    {
        var path = SparseFile.Create(_folder.File("fat"), 64 * Mebi);
        Tool.Must("mkfs.fat", "-F", "32", "-h", "0", path);
        Assert.Empty(Relocate(path, "FAT32", 77 * Mebi, 512));
        Assert.Empty(Relocate(ExFat(start: 0), "exFAT", 77 * Mebi, 512));
    }

    [Theory]
    [InlineData("NTFS")]
    [InlineData("FAT12")]
    [InlineData("FAT32")]
    [InlineData("exFAT")]
    [InlineData("ext4")]
    public void What_is_no_boot_sector_is_not_touched(string type)
    {
        var bytes = new byte[64 << 10];
        for (var seed = 0; seed < 50; seed++)
        {
            Assert.Empty(BootSectorRelocation.Patches(MemoryDisk.FromBytes(bytes), type, Mebi, 512));
            Assert.Empty(BootSectorRelocation.Patches(MemoryDisk.FromBytes(bytes.AsSpan(0, seed * 10)), type, Mebi, 512));
            new Random(seed).NextBytes(bytes);
        }
    }

    [Fact]
    public void A_damaged_exfat_region_does_not_come_out_looking_whole()
    {
        var bytes = File.ReadAllBytes(ExFat());
        bytes[0x80] ^= 1;
        var patches = BootSectorRelocation.Patches(MemoryDisk.FromBytes(bytes), "exFAT", 77 * Mebi, 512);
        Assert.All(patches, patch => Assert.InRange(patch.Offset, 12 * 512, 24 * 512));
        Assert.Equal(2, patches.Count);
    }

    private string ExFat(long start = OldStart)
    {
        var path = SparseFile.Create(_folder.File("exfat"), 16 * Mebi);
        Tool.Must("mkfs.exfat", path);
        // On a file mkfs.exfat writes 0.
        var bytes = File.ReadAllBytes(path);
        Stamp(bytes, start, 512);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    // The checksum rule as the specification's own figure has it.
    private static void Stamp(byte[] bytes, long start, int sectorSize)
    {
        for (var copy = 0; copy < 2; copy++)
        {
            var region = bytes.AsSpan(copy * 12 * sectorSize, 12 * sectorSize);
            BinaryPrimitives.WriteInt64LittleEndian(region[0x40..], start);
            uint sum = 0;
            for (var i = 0; i < 11 * sectorSize; i++)
                if (i != 106 && i != 107 && i != 112) sum = ((sum & 1) == 1 ? 0x80000000 : 0) + (sum >> 1) + region[i];
            for (var i = 11 * sectorSize; i < region.Length; i += 4) BinaryPrimitives.WriteUInt32LittleEndian(region[i..], sum);
        }
    }

    private static IReadOnlyList<BlockPatch> Relocate(string path, string type, long newStart, int sectorSize)
    {
        IReadOnlyList<BlockPatch> patches;
        using (var volume = new FileSource(path)) patches = BootSectorRelocation.Patches(volume, type, newStart, sectorSize);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write);
        foreach (var patch in patches) RandomAccess.Write(file, patch.Bytes.Span, patch.Offset);
        return patches;
    }
}
