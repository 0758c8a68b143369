using System.Buffers.Binary;
using RescueKit.FileSystems.Ntfs;
using RescueKit.Model;

namespace RescueKit.FileSystems.Tests.Ntfs;

/// <summary>The two ways in which a boot sector gives sizes: plain counts, and negative powers of two.</summary>
public class NtfsBootSectorTests
{
    private const long Length = 1L << 40;

    [Theory]
    [InlineData(512, 1, 512)]
    [InlineData(512, 8, 4096)]
    [InlineData(512, 128, 65536)]
    [InlineData(512, 0xF8, 128 << 10)]
    [InlineData(512, 0xF7, 256 << 10)]
    [InlineData(512, 0xF6, 512 << 10)]
    [InlineData(512, 0xF5, 1 << 20)]
    [InlineData(512, 0xF4, 2 << 20)]
    [InlineData(4096, 1, 4096)]
    [InlineData(4096, 0xF7, 2 << 20)]
    [InlineData(4096, 0xFD, 32 << 10)]
    public void Sectors_per_cluster_are_a_count_or_a_power(int sectorSize, byte encoded, int clusterSize) =>
        Assert.Equal(clusterSize, NtfsBootSector.Parse(Sector(sectorSize, encoded), Length).ClusterSize);

    [Theory]
    [InlineData(512, 0)]
    [InlineData(512, 3)]
    [InlineData(512, 0x81)]
    [InlineData(512, 0xF3)] // 4 MiB
    [InlineData(512, 0xEF)]
    [InlineData(512, 0xFE)]
    [InlineData(4096, 0xF6)] // 4 MiB
    public void Other_cluster_sizes_are_refused(int sectorSize, byte encoded) =>
        Assert.Throws<MalformedException>(() => NtfsBootSector.Parse(Sector(sectorSize, encoded), Length));

    [Theory]
    [InlineData(8, 0xF6, 1024)]
    [InlineData(8, 0xF4, 4096)]
    [InlineData(1, 0xF7, 512)]
    [InlineData(1, 2, 1024)]
    [InlineData(8, 1, 4096)]
    [InlineData(0xF4, 0xF6, 1024)]
    public void The_size_of_records_is_a_count_of_clusters_or_a_power_in_bytes(byte sectorsPerCluster, byte encoded, int size) =>
        Assert.Equal(size, NtfsBootSector.Parse(Sector(512, sectorsPerCluster, encoded), Length).MftRecordSize);

    [Theory]
    [InlineData(8, 0)]
    [InlineData(8, 3)]
    [InlineData(8, 0x41)]
    [InlineData(8, 0x80)]
    [InlineData(8, 0xF8)] // 256 bytes
    [InlineData(8, 0xEF)] // 128 KiB
    [InlineData(0xF4, 1)] // 2 MiB
    public void Other_sizes_of_records_are_refused(byte sectorsPerCluster, byte encoded) =>
        Assert.Throws<MalformedException>(() => NtfsBootSector.Parse(Sector(512, sectorsPerCluster, encoded), Length));

    private static byte[] Sector(int sectorSize, byte sectorsPerCluster, byte record = 0xF4)
    {
        var sector = new byte[NtfsBootSector.Size];
        "NTFS    "u8.CopyTo(sector.AsSpan(3));
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(0x0B), (ushort)sectorSize);
        sector[0x0D] = sectorsPerCluster;
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x28), Length / sectorSize - 1);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x30), 4);
        BinaryPrimitives.WriteInt64LittleEndian(sector.AsSpan(0x38), 2);
        sector[0x40] = record;
        sector[0x44] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(sector.AsSpan(0x1FE), 0xAA55);
        return sector;
    }
}
