using System.Buffers.Binary;
using System.Text.Json;
using System.Text.RegularExpressions;
using RescueKit.Testing.Tools;

namespace RescueKit.Testing.Disks;

/// <summary>
/// Saves a disk file as Clonezilla saves a disk (ocs-functions: task_saveparts, image_save, save_part_by_partclone): the same programs, the same names. Needs no root.
/// </summary>
public sealed record ClonezillaSave
{
    private const int Sector = 512;

    public string Disk { get; init; } = "sda";

    /// <summary>gz, zst, xz, lz4, bz2, or uncomp for none.</summary>
    public string Packed { get; init; } = "zst";

    /// <summary>Bytes of a piece; 0 for one file.</summary>
    public int PieceBytes { get; init; }

    /// <summary>Keeps MD5SUMS, SHA1SUMS and B2SUMS.</summary>
    public bool Sums { get; init; }

    private string Separator => char.IsAsciiDigit(Disk[^1]) ? "p" : "";

    /// <param name="folder">Is there; another disk may be in it.</param>
    public void Save(string disk, string folder)
    {
        var length = new FileInfo(disk).Length / Sector;
        void Copy(string name, long skip, long count) =>
            Tool.Must("dd", $"if={disk}", $"of={Path.Combine(folder, $"{Disk}-{name}")}", $"bs={Sector}", $"skip={skip}", $"count={count}", "status=none");

        Copy("mbr", 0, 1);
        foreach (var (name, program, arguments) in ((string, string, string[])[])[
            ("pt.sf", "sfdisk", ["-d", disk]), ("pt.parted", "parted", ["-s", disk, "unit", "s", "print"]), ("pt.parted.compact", "parted", ["-s", disk, "unit", "compact", "print"])])
        {
            var said = Regex.Replace(Tool.Must(program, arguments).Output, Regex.Escape(disk) + @"(?=\d)", $"/dev/{Disk}{Separator}");
            File.WriteAllText(Path.Combine(folder, $"{Disk}-{name}"), said.Replace(disk, $"/dev/{Disk}", StringComparison.Ordinal));
        }
        using var table = JsonDocument.Parse(Tool.Must("sfdisk", "--json", disk).Output);
        var partitions = table.RootElement.GetProperty("partitiontable").GetProperty("partitions").EnumerateArray()
            .Select(entry => (Number: int.Parse(entry.GetProperty("node").GetString()![disk.Length..].TrimStart('p')), Start: entry.GetProperty("start").GetInt64(), Size: entry.GetProperty("size").GetInt64(),
                Type: entry.GetProperty("type").GetString()!)).ToList();
        if (table.RootElement.GetProperty("partitiontable").GetProperty("label").GetString() == "gpt")
        {
            Copy("gpt-1st", 0, 34);
            Copy("gpt-2nd", length - 33 + 1, 33);
        }
        else
        {
            Copy("hidden-data-after-mbr", 1, partitions.Min(partition => partition.Start) - 1);
        }
        var parts = new List<string>();
        foreach (var (number, start, size, type) in partitions)
        {
            var device = $"{Disk}{Separator}{number}";
            if (type is "5" or "f" or "85") Tool.Must("dd", $"if={disk}", $"of={Path.Combine(folder, $"{device}-ebr")}", $"bs={Sector}", $"skip={start}", "count=1", "status=none");
            else if (SavePartition(disk, start, size, folder, device)) parts.Add(device);
        }
        File.AppendAllText(Path.Combine(folder, "disk"), $"{Disk}\n");
        File.AppendAllText(Path.Combine(folder, "parts"), $"{string.Join(' ', parts)}\n");
        File.WriteAllText(Path.Combine(folder, "clonezilla-img"), "This image was saved by Clonezilla at 2023-05-17 09:30:11 UTC.\n");
        if (Sums) AddSums(folder);
    }

    /// <summary>As Clonezilla was told to, or after a change that they are to be right for.</summary>
    public static void AddSums(string folder) =>
        Tool.Must(new ToolRequest("sh", ["-c", "rm -f *SUMS; for sum in md5 sha1 b2; do ${sum}sum [!A-Z]* > $(echo $sum | tr a-z A-Z)SUMS; done"]) { WorkingFolder = folder });

    /// <summary>A volume as one partclone image.</summary>
    public void SaveVolume(string volume, string fileSystem, string image)
    {
        var pack = Packed switch { "gz" => "gzip -c", "zst" => "zstd -c", "xz" => "xz -c", "lz4" => "lz4 -c", "bz2" => "bzip2 -c", "uncomp" => "cat", _ => throw new ArgumentException(Packed) };
        var to = PieceBytes > 0 ? $"split -a 2 -b {PieceBytes} - '{image}.'" : $"cat > '{image}'";
        var save = fileSystem == "dd" ? "partclone.dd" : $"partclone.{fileSystem} -c";
        Tool.Must("bash", "-c", $"set -o pipefail; {save} -z 10485760 -L /dev/null -s '{volume}' --output - | {pack} | {to}");
    }

    /// <summary>
    /// A partclone image of format 0001, which no partclone makes any more (partclone.h, image_desc_v1; checksum.c, crc32_0001): what of a volume is not zero is used.
    /// </summary>
    public static byte[] FirstFormat(ReadOnlySpan<byte> volume, int blockSize)
    {
        var total = volume.Length / blockSize;
        var bitmap = new byte[total];
        for (var i = 0; i < total; i++) bitmap[i] = volume.Slice(i * blockSize, blockSize).ContainsAnyExcept((byte)0) ? (byte)1 : (byte)0;
        var header = new byte[4160];
        "partclone-image"u8.CopyTo(header);
        "EXTFS"u8.CopyTo(header.AsSpan(15));
        "0001"u8.CopyTo(header.AsSpan(30));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(36), blockSize);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(40), volume.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(48), total);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(56), bitmap.Count(used => used == 1));
        using var image = new MemoryStream();
        image.Write(header);
        image.Write(bitmap);
        image.Write("BiTmAgIc"u8);
        var sum = uint.MaxValue;
        var stored = new byte[4];
        for (var i = 0; i < total; i++)
        {
            if (bitmap[i] == 0) continue;
            var block = volume.Slice(i * blockSize, blockSize);
            for (var n = 0; n < blockSize; n++) sum = (sum >> 8) ^ TableOf((sum ^ block[0]) & 0xff); // always the block's first byte
            BinaryPrimitives.WriteUInt32LittleEndian(stored, sum);
            image.Write(block);
            image.Write(stored);
        }
        return image.ToArray();
    }

    /// <summary>CRC-32's, reflected.</summary>
    private static uint TableOf(uint value)
    {
        for (var bit = 0; bit < 8; bit++) value = (value & 1) == 0 ? value >> 1 : (value >> 1) ^ 0xedb88320;
        return value;
    }

    /// <returns>False for swap, which is not among the parts.</returns>
    private bool SavePartition(string disk, long start, long size, string folder, string device)
    {
        using var scratch = new TempFolder();
        var volume = scratch.File("volume");
        Tool.Must("dd", $"if={disk}", $"of={volume}", $"bs={Sector}", $"skip={start}", $"count={size}", "conv=sparse", "status=none");
        Tool.Must("truncate", "-s", $"{size * Sector}", volume);
        var fileSystem = Probe(volume, "TYPE");
        if (fileSystem == "swap")
        {
            File.WriteAllText(Path.Combine(folder, $"swappt-{device}.info"), $"UUID=\"{Probe(volume, "UUID")}\"\nLABEL=\"{Probe(volume, "LABEL")}\"\n");
            return false;
        }
        if (fileSystem.Length == 0) fileSystem = "dd";
        SaveVolume(volume, fileSystem, Path.Combine(folder, $"{device}.{fileSystem}-ptcl-img.{Packed}"));
        return true;
    }

    private static string Probe(string volume, string what) => Tool.Run("blkid", "-p", "-o", "value", "-s", what, volume).Output.Trim();
}
