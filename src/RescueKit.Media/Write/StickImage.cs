using System.Buffers.Binary;
using System.Globalization;
using RescueKit.Disks;
using RescueKit.Disks.PartitionTables;
using RescueKit.Media.Boot;
using RescueKit.Media.Tools;
using RescueKit.Model;

namespace RescueKit.Media.Write;

/// <summary>
/// A whole stick as a sparse file: the ISO with a partition table of the stick's length and ids of its own, and an empty data partition. It is
/// written by a clone, whose safety rules, verification and receipt so hold for sticks too, and needs no root.
/// </summary>
internal sealed class StickImage : IDisposable
{
    /// <summary>The data partition's name in the GPT, by which the environment finds it on the stick that it was booted from.</summary>
    public const string DataName = "RESCUEKIT-DATA";

    /// <summary>exFAT's labels have at most 11 characters (exFAT specification, 7.3.2).</summary>
    private const string ExFatLabel = "RESCUEKIT";

    private const int SectorSize = 512;
    private const int Alignment = 1 << 20;
    private const long LeastData = 64 << 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("rescuekit-stick-").FullName;

    private StickImage() => FilePath = Path.Combine(_folder, "rescue-media");

    public string FilePath { get; }

    /// <exception cref="UsageException">The ISO is not one of `media build`'s.</exception>
    /// <exception cref="SafetyException">It does not fit.</exception>
    public static StickImage Make(string iso, long length, DataFileSystem data)
    {
        var image = new StickImage();
        try
        {
            image.Fill(iso, length - length % SectorSize, data);
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Fill(string iso, long length, DataFileSystem data)
    {
        var isoLength = new FileInfo(iso).Length;
        var dataStart = (isoLength + Alignment - 1) / Alignment * Alignment;
        var needed = dataStart + (data == DataFileSystem.None ? Alignment : LeastData);
        if (length < needed) throw new SafetyException($"the stick is too small: it has {length} bytes, {needed} are needed", "Choose a larger one.");
        File.Copy(iso, FilePath);
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var id = Guid.NewGuid();
        using (var file = File.Open(FilePath, FileMode.Open))
        {
            file.Position = StickFileOffset(file, iso);
            file.Write(MenuSettings.Stick(id.ToString()));
            file.SetLength(length);
        }
        WriteTable(id, dataStart / SectorSize, data);
        if (data != DataFileSystem.None) MakeFileSystem(DataPartition(), data);
    }

    /// <summary>Where the file lies that tells GRUB, and GRUB the environment, which stick this is.</summary>
    private static long StickFileOffset(FileStream file, string iso)
    {
        var wanted = MenuSettings.Stick(MenuSettings.NoStick);
        var block = new byte[wanted.Length];
        long? found = null;
        for (long offset = 0; file.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) == block.Length; offset += block.Length)
        {
            if (block.AsSpan().SequenceEqual(wanted)) found = found is null ? offset : throw NotOurs(iso);
        }
        return found ?? throw NotOurs(iso);
    }

    private static UsageException NotOurs(string iso) => new($"{iso} is not rescue media as 'rescuekit media build' makes them", "Name a file that it has made, unchanged.");

    /// <summary>
    /// Moves the backup GPT to the end and gives disk and partitions new ids. sgdisk makes a plain protective MBR; the ISO's has GRUB's boot code
    /// and an entry marked active, without which some BIOSes do not boot, so it is put back.
    /// </summary>
    private void WriteTable(Guid id, long firstDataSector, DataFileSystem data)
    {
        var bootSector = new byte[SectorSize];
        using (var file = File.OpenRead(FilePath)) file.ReadExactly(bootSector);
        List<string> arguments = ["--move-second-header", "--randomize-guids", $"--disk-guid={id}"];
        if (data != DataFileSystem.None)
        {
            var type = data == DataFileSystem.ExFat ? "0700" : "8300";
            arguments.AddRange(["--set-alignment=1", $"--new=0:{firstDataSector.ToString(CultureInfo.InvariantCulture)}:0", $"--change-name=0:{DataName}", $"--typecode=0:{type}"]);
        }
        ExternalTool.Run("sgdisk", [.. arguments, FilePath]);
        SetProtectedLength(bootSector, new FileInfo(FilePath).Length / SectorSize - 1);
        using var written = File.Open(FilePath, FileMode.Open);
        written.Write(bootSector);
    }

    /// <summary>The protective entry covers the whole disk (UEFI specification, table 5.4).</summary>
    private static void SetProtectedLength(Span<byte> bootSector, long sectors)
    {
        for (var entry = 446; entry < 510; entry += 16)
        {
            if (bootSector[entry + 4] == 0xEE) BinaryPrimitives.WriteUInt32LittleEndian(bootSector[(entry + 12)..], (uint)Math.Min(sectors, uint.MaxValue));
        }
    }

    private Extent DataPartition()
    {
        using var disk = BlockDevices.OpenSource(FilePath);
        return PartitionTableReader.Read(disk).Partitions.Single(partition => partition.Name == DataName).Extent;
    }

    private void MakeFileSystem(Extent place, DataFileSystem data)
    {
        if (data == DataFileSystem.Ext4)
        {
            ExternalTool.Run("mke2fs", ["-q", "-F", "-t", "ext4", "-L", DataName, "-E", $"offset={place.Offset},lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0", FilePath, $"{place.Length / 1024}k"]);
        }
        else
        {
            var partition = Path.Combine(_folder, "data");
            using (var file = File.Create(partition)) file.SetLength(place.Length);
            ExternalTool.Run("mkfs.exfat", ["-L", ExFatLabel, partition]);
            CopyInto(partition, place.Offset);
        }
    }

    /// <summary>mkfs.exfat knows no offset. Holes stay holes.</summary>
    private void CopyInto(string partition, long start)
    {
        using var from = BlockDevices.OpenSource(partition);
        using var to = BlockDevices.OpenTarget(FilePath);
        var buffer = new byte[Alignment];
        foreach (var extent in from.DataIn(new Extent(0, from.Length)))
        {
            for (var offset = extent.Offset; offset < extent.End; offset += buffer.Length)
            {
                var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, extent.End - offset));
                from.Read(offset, piece);
                to.Write(start + offset, piece);
            }
        }
    }
}
