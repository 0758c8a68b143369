using System.Buffers.Binary;
using RescueKit.Engine.Survey;
using RescueKit.Model;
using RescueKit.Testing.Disks;
using RescueKit.Testing.Fakes;

namespace RescueKit.Engine.Tests;

/// <summary>What is found on one volume and concerns its whole disk, or where it may go.</summary>
[Collection("disks")]
public class VolumeHazardTests(DiskFixture disks)
{
    [Fact]
    public void A_suspended_system_makes_every_volume_of_its_disk_whole()
    {
        var bytes = WithSwapInPlaceOf(disks.Gpt.Volumes[0], "S1SUSPEND\0"u8);
        var survey = DiskSurvey.Take(MemoryDisk.FromBytes(bytes));
        Assert.Equal(3, survey.Volumes.Count);
        Assert.All(survey.Volumes, volume => Assert.True(volume.Whole));
        Assert.Contains("suspended", survey.Volumes[1].WholeReason, StringComparison.Ordinal);
        Assert.Equal(bytes.Length, survey.UsedBytes);
    }

    [Fact]
    public void What_is_counted_from_the_end_goes_only_to_a_place_of_the_same_size()
    {
        var (member, bytes) = (disks.Gpt.Volumes[0], (byte[])disks.GptBytes.Clone());
        // Linux RAID, metadata 1.0: 8 KiB before the end; its own sector stands at 144 (include/uapi/linux/raid/md_p.h).
        var at = member.Length / 4096 * 4096 - 8192;
        var superblock = bytes.AsSpan((int)(member.Offset + at));
        BinaryPrimitives.WriteUInt32LittleEndian(superblock, 0xA92B4EFC);
        BinaryPrimitives.WriteUInt32LittleEndian(superblock[4..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(superblock[144..], at / 512);
        var store = Bench.TakeImage(bytes);
        Refused(store, MemoryDisk.FromBytes(disks.GptBytes), Bench.RestoreRequest with { Partitions = [new(1, 2)] });
        var same = MemoryDisk.FromBytes(disks.GptBytes);
        Assert.Equal(0, Bench.Restore(store, same, Bench.RestoreRequest with { Partitions = [new(1, 1)] }).ExitCode);
        Assert.Equal(bytes, same.ToArray());
    }

    /// <summary>The database of Windows' dynamic disks lies in the last MiB of the disk; the volume in the partition may look like any other.</summary>
    [Fact]
    public void A_dynamic_disk_goes_only_to_a_disk_of_the_same_size()
    {
        var bytes = (byte[])disks.MbrBytes.Clone();
        bytes[446 + 4] = 0x42;
        var store = Bench.TakeImage(bytes);
        Refused(store, new MemoryDisk(bytes.Length + (1 << 20)), Bench.RestoreRequest);
        var same = new MemoryDisk(bytes.Length);
        Assert.Equal(0, Bench.Restore(store, same).ExitCode);
    }

    private static void Refused(MemoryStore store, MemoryDisk target, RestoreRequest request)
    {
        var writes = 0;
        target.Before = (operation, _) => writes += operation == "read" ? 0 : 1;
        Assert.Contains("counted from the end", Assert.Throws<SafetyException>(() => Bench.Restore(store, target, request)).Message, StringComparison.Ordinal);
        Assert.Equal(0, writes);
    }

    private byte[] WithSwapInPlaceOf(RealVolume volume, ReadOnlySpan<byte> signature)
    {
        var bytes = (byte[])disks.GptBytes.Clone();
        bytes.AsSpan((int)volume.Offset, 1 << 20).Clear();
        signature.CopyTo(bytes.AsSpan((int)volume.Offset + 4096 - signature.Length));
        return bytes;
    }
}
