using System.Text;
using RescueKit.Disks;
using RescueKit.Engine.Inspection;
using RescueKit.Media.Tools;
using RescueKit.Model;

namespace RescueKit.Media.Sticks;

/// <summary>
/// Composes a stick as a sparse disk file: the ISO, its GPT stretched to the stick's size with ids of its own, and the data partition. What is
/// written to the real stick is then a clone of that file, with all that makes a clone safe.
/// </summary>
internal static class StickComposer
{
    /// <summary>GPT name of the data partition, and its label where the file system has room for it.</summary>
    public const string DataName = "RESCUEKIT-DATA";

    /// <summary>exFAT labels end at 11 characters.</summary>
    private const string ShortDataName = "RESCUEKIT";

    /// <summary>What the boot menu passes to the kernel, so that the environment knows its stick; all zeros in an ISO. `media build` puts it there.</summary>
    private const string IdSetting = "set rescuekit_stick=";
    private const long SmallestData = 64L << 20;
    private const int CopyBytes = 4 << 20;

    /// <exception cref="UsageException">The ISO is not one of RescueKit's.</exception>
    /// <exception cref="SafetyException">The stick is too small.</exception>
    public static void Compose(string iso, string file, long length, DataFileSystem? data)
    {
        var isoLength = new FileInfo(iso).Length;
        var needed = isoLength + (data is null ? 1L << 20 : SmallestData);
        if (length < needed)
            throw new SafetyException($"the stick is too small: it has {length} bytes, {needed} are needed", data is null ? "take a larger one" : "take a larger one, or give --no-data");
        File.Copy(iso, file);
        File.SetAttributes(file, FileAttributes.Normal);
        using (var stretched = new FileStream(file, FileMode.Open, FileAccess.Write)) stretched.SetLength(length);
        ExternalTool.Run("sgdisk", ["--move-second-header", "--randomize-guids", file]);
        if (data is not null)
            ExternalTool.Run("sgdisk", ["--largest-new=0", file]);
        var disk = DiskInspector.Show(file);
        if (disk.Table != "gpt" || disk.DiskId is not { } id) throw NotOurs(iso);
        if (StampId(file, isoLength, id) == 0) throw NotOurs(iso);
        if (data is { } kind) AddData(file, disk.Partitions.MaxBy(partition => partition.Offset)!, kind);
    }

    private static void AddData(string file, PartitionDocument partition, DataFileSystem kind)
    {
        var number = partition.Number;
        ExternalTool.Run("sgdisk", [$"--typecode={number}:{(kind == DataFileSystem.ExFat ? "0700" : "8300")}", $"--change-name={number}:{DataName}", file]);
        var volume = file + ".data";
        try
        {
            using (var empty = new FileStream(volume, FileMode.CreateNew)) empty.SetLength(partition.Length);
            if (kind == DataFileSystem.ExFat) ExternalTool.Run("mkfs.exfat", ["-L", ShortDataName, volume]);
            else ExternalTool.Run("mkfs.ext4", ["-q", "-F", "-L", DataName, "-m", "0", volume]);
            CopyData(volume, file, partition.Offset);
        }
        finally
        {
            File.Delete(volume);
        }
    }

    private static void CopyData(string volume, string file, long at)
    {
        using var from = BlockDevices.OpenSource(volume);
        using var to = new FileStream(file, FileMode.Open, FileAccess.Write);
        var buffer = new byte[CopyBytes];
        foreach (var extent in from.DataIn(new Extent(0, from.Length)))
        {
            for (var offset = extent.Offset; offset < extent.End; offset += buffer.Length)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, extent.End - offset));
                from.Read(offset, piece);
                to.Position = at + offset;
                to.Write(piece);
            }
        }
    }

    /// <summary>Puts the stick's id wherever the boot menu has a place for it. Returns how many places there were.</summary>
    private static int StampId(string file, long isoLength, string id)
    {
        var place = Encoding.ASCII.GetBytes(IdSetting + Guid.Empty.ToString());
        var stamp = Encoding.ASCII.GetBytes(IdSetting + id);
        var found = 0;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        var buffer = new byte[CopyBytes];
        for (long start = 0; start < isoLength; start += buffer.Length - place.Length)
        {
            stream.Position = start;
            var length = stream.ReadAtLeast(buffer, (int)Math.Min(buffer.Length, isoLength - start), throwOnEndOfStream: false);
            for (var from = 0; buffer.AsSpan(from, length - from).IndexOf(place) is >= 0 and var at; from += at + place.Length)
            {
                stream.Position = start + from + at;
                stream.Write(stamp);
                found++;
            }
        }
        return found;
    }

    private static UsageException NotOurs(string iso) => new($"{iso} is no rescue medium of RescueKit", "make one: rescuekit media build OUT.iso");
}
