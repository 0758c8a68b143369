using RescueKit.Model;
using RescueKit.Testing.Fakes;
using RescueKit.Testing.Tools;

namespace RescueKit.Disks.Tests.PartitionTables;

/// <summary>Small disk files with tables made by the real tools, and the same in memory.</summary>
internal static class TableDisks
{
    public const long Length = 64 << 20;

    public const string MbrScript = """
        label: dos
        label-id: 0x1234abcd
        size=4M,type=83,bootable
        size=4M,type=7
        type=5
        size=3M,type=83
        size=5M,type=82
        size=1M,type=c
        size=2M,type=83
        """;

    public static string Mbr(string path)
    {
        SparseFile.Create(path, Length);
        Tool.Must(new ToolRequest("sfdisk", [path]) { Input = MbrScript });
        return path;
    }

    public static string Gpt(string path, long length = Length)
    {
        SparseFile.Create(path, length);
        Tool.Must("sgdisk", "-n", "1:2048:+8M", "-t", "1:ef00", "-c", "1:EFI ✓", "-n", "2:0:+20M", "-t", "2:8300", "-n", "5:0:+10M", "-t", "5:0700", "-A", "5:set:2", path);
        return path;
    }

    public static string Hybrid(string path)
    {
        Gpt(path);
        Tool.Must("sgdisk", "-h", "1:2", path);
        return path;
    }

    /// <summary>sgdisk and sfdisk count in the sectors of the device; fdisk takes a size for files.</summary>
    public static string Gpt4096(string path)
    {
        SparseFile.Create(path, Length);
        Tool.Run(new ToolRequest("fdisk", ["-b", "4096", path]) { Input = "g\nn\n1\n\n+8M\nn\n2\n\n+20M\nn\n5\n\n+10M\nt\n1\n1\nw\n" });
        return path;
    }

    /// <summary>A copy in memory: sparse, so that a big disk is no matter.</summary>
    public static MemoryDisk Load(string path, int sectorSize = 512)
    {
        using var file = BlockDevices.OpenSource(path);
        var disk = new MemoryDisk(file.Length, sectorSize);
        foreach (var data in file.DataIn(new Extent(0, file.Length)))
        {
            var bytes = new byte[data.Length];
            file.Read(data.Offset, bytes);
            disk.Write(data.Offset, bytes);
        }
        return disk;
    }
}
