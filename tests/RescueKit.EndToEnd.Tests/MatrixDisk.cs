using System.Security.Cryptography;
using RescueKit.Testing.Tools;

namespace RescueKit.EndToEnd.Tests;

/// <summary>Disk files with one GPT partition, and disk files full of old data.</summary>
internal static class MatrixDisk
{
    private const int MiB = 1 << 20;

    /// <summary>A disk whose partition 1 begins at 1 MiB and holds exactly the volume.</summary>
    public static string Around(string volume, string disk)
    {
        var length = new FileInfo(volume).Length;
        SparseFile.Create(disk, length + 2 * MiB);
        Tool.Must("sgdisk", "--new=1:1M:+" + length / 1024 + "K", disk);
        Tool.Must("dd", $"if={volume}", $"of={disk}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none");
        return disk;
    }

    /// <summary>Partition 1 of such a disk as a file of its own.</summary>
    public static string Partition(string disk, string volume)
    {
        var count = new FileInfo(disk).Length / MiB - 2;
        Tool.Must("dd", $"if={disk}", $"of={volume}", "bs=1M", "skip=1", $"count={count}", "conv=sparse", "status=none");
        return volume;
    }

    public static string OfRandomBytes(string path, long length, int seed)
    {
        var random = new Random(seed);
        var buffer = new byte[MiB];
        using var file = File.Create(path);
        for (long written = 0; written < length; written += buffer.Length)
        {
            random.NextBytes(buffer);
            file.Write(buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - written)));
        }
        return path;
    }

    public static string Digest(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
