using System.Buffers.Binary;
using System.Text;

namespace RescueKit.FileSystems.Tests.Recognition;

/// <summary>
/// Marks that no tool here can make (they need controllers, Windows, or a kernel without md): written by hand after their descriptions, and
/// only as good as blkid's agreement, which the tests ask for.
/// </summary>
internal static class MadeByHand
{
    public const int Length = 64 << 20;
    private const int Sector = 512;

    /// <summary>All that <see cref="Disk"/> makes.</summary>
    public static readonly string[] Names =
    [
        "intel", "intel-4k", "ddf", "ddf-257", "nvidia", "highpoint-37x", "highpoint-45x", "promise", "promise-3087", "lsi",
        "adaptec", "silicon", "jmicron", "via", "md-0.90", "md-1.0", "md-1.1", "md-1.2", "zfs-disk", "zfs-mirror", "drbd",
        "bitlocker", "bitlocker-to-go", "refs", "vmfs", "vmfs-member", "hfs", "hfs-plus", "hfs-plus-cases", "hfs-plus-wrapped",
        "dynamic-start", "dynamic-end",
    ];

    public static byte[] Disk(string name)
    {
        var disk = new byte[Length];
        switch (name)
        {
            case "intel": Put(disk, Length - 2 * Sector, "Intel Raid ISM Cfg Sig. 1.1.00"); break;
            case "intel-4k": Put(disk, Length - 2 * 4096, "Intel Raid ISM Cfg Sig. 1.1.00"); break;
            case "ddf": Ddf(disk, Length - Sector); break;
            case "ddf-257": Ddf(disk, Length - 257 * Sector); break;
            case "nvidia": Put(disk, Length - 2 * Sector, "NVIDIA"); break;
            case "highpoint-37x": U32(disk, 4608 + 32, 0x5A7816F0); break;
            case "highpoint-45x": U32(disk, Length - 11 * Sector, 0x5A7816F3); break;
            case "promise": Put(disk, Length - 63 * Sector, "Promise Technology, Inc."); break;
            case "promise-3087": Put(disk, Length - 3087 * Sector, "Promise Technology, Inc."); break;
            case "lsi": Put(disk, Length - Sector, "$XIDE$"); break;
            case "adaptec": BinaryPrimitives.WriteUInt32BigEndian(disk.AsSpan(Length - Sector), 0x37FC4D1E); Put(disk, Length - Sector + 0x100, "DPTM"); break;
            case "silicon": Silicon(disk.AsSpan(Length - Sector)); break;
            case "jmicron": JMicron(disk.AsSpan(Length - Sector)); break;
            case "via": Via(disk.AsSpan(Length - Sector)); break;
            case "md-0.90": Md090(disk, Length - (64 << 10), (Length - (64 << 10)) / 1024); break;
            case "md-1.0": Md1(disk, Length - 8192); break;
            case "md-1.1": Md1(disk, 0); break;
            case "md-1.2": Md1(disk, 4096); break;
            case "zfs-disk": Zfs(disk, "disk"); break;
            case "zfs-mirror": Zfs(disk, "mirror"); break;
            case "drbd": BinaryPrimitives.WriteUInt32BigEndian(disk.AsSpan(Length - 4096 + 60), 0x8374026B); break;
            case "bitlocker": Put(disk, 0, "\u00ebX\u0090-FVE-FS-"); U32(disk, 176, 0x10000); Put(disk, 0x10000, "-FVE-FS-"); break;
            case "bitlocker-to-go": ToGo(disk); break;
            case "refs": Put(disk, 3, "ReFS"); break;
            case "vmfs": U32(disk, 2 << 20, 0x2FABF15E); break;
            case "vmfs-member": U32(disk, 1 << 20, 0xC001D00D); break;
            case "hfs": Hfs(disk, embedded: ""); break;
            case "hfs-plus": HfsPlus(disk, 1024, "H+", 4); break;
            case "hfs-plus-cases": HfsPlus(disk, 1024, "HX", 5); break;
            case "hfs-plus-wrapped": Hfs(disk, embedded: "H+"); HfsPlus(disk, HfsStart + 1024, "H+", 4); break;
            case "dynamic-start": Put(disk, 6 * Sector, "PRIVHEAD"); break;
            case "dynamic-end": Put(disk, Length - Sector, "PRIVHEAD"); break;
            default: throw new ArgumentException(name, nameof(name));
        }
        return disk;
    }

    private static void Put(byte[] disk, int at, string text) => Encoding.Latin1.GetBytes(text, disk.AsSpan(at));

    private static void U32(byte[] disk, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(at), value);

    private static void Ddf(byte[] disk, int at)
    {
        BinaryPrimitives.WriteUInt32BigEndian(disk.AsSpan(at), 0xDE11DE11);
        BinaryPrimitives.WriteUInt64BigEndian(disk.AsSpan(at + 96), 50_000);
        BinaryPrimitives.WriteUInt32BigEndian(disk.AsSpan(50_000 * Sector), 0xDE11DE11);
    }

    private static void Silicon(Span<byte> sector)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(sector[0x60..], 0x2F000000);
        sector[0x116] = 1;
        var sum = 0;
        for (var i = 0; i < 0x13E; i += 2) sum += BinaryPrimitives.ReadUInt16LittleEndian(sector[i..]);
        BinaryPrimitives.WriteUInt16LittleEndian(sector[0x13E..], (ushort)-sum);
    }

    private static void JMicron(Span<byte> sector)
    {
        "JM"u8.CopyTo(sector);
        var sum = BinaryPrimitives.ReadUInt16LittleEndian(sector);
        BinaryPrimitives.WriteUInt16LittleEndian(sector[4..], (ushort)-sum);
    }

    private static void Via(Span<byte> sector)
    {
        sector[0] = 0x55;
        sector[1] = 0xAA;
        sector[50] = 0x55 + 0xAA;
    }

    private static void Md090(byte[] disk, int at, int sizeKibi)
    {
        uint[] words = [0xA92B4EFC, 0, 90, 3, 0, 0x11112222, 0, 1, (uint)sizeKibi, 2, 2, 0, 0, 0x33334444, 0x55556666, 0x77778888];
        for (var i = 0; i < words.Length; i++) U32(disk, at + i * 4, words[i]);
    }

    private static void Md1(byte[] disk, int at)
    {
        U32(disk, at, 0xA92B4EFC);
        U32(disk, at + 4, 1);
        for (var i = 0; i < 16; i++) disk[at + 16 + i] = (byte)(0xA0 + i);
        Put(disk, at + 32, "host:0");
        BinaryPrimitives.WriteUInt64LittleEndian(disk.AsSpan(at + 144), (ulong)at / Sector);
    }

    /// <summary>First allocation block of <see cref="Hfs"/>.</summary>
    private const int HfsStart = 16 * Sector;

    /// <summary>Master directory block: "Inside Macintosh: Files", chapter 2; what it embeds: TN1150.</summary>
    private static void Hfs(byte[] disk, string embedded)
    {
        Put(disk, 1024, "BD");
        BinaryPrimitives.WriteUInt32BigEndian(disk.AsSpan(1024 + 20), 4096);
        BinaryPrimitives.WriteUInt16BigEndian(disk.AsSpan(1024 + 28), HfsStart / Sector);
        Put(disk, 1024 + 36, "\u0006Rescue");
        Put(disk, 1024 + 124, embedded);
        BinaryPrimitives.WriteUInt16BigEndian(disk.AsSpan(1024 + 128), 4000);
    }

    /// <summary>Volume header: TN1150.</summary>
    private static void HfsPlus(byte[] disk, int at, string mark, ushort version)
    {
        Put(disk, at, mark);
        BinaryPrimitives.WriteUInt16BigEndian(disk.AsSpan(at + 2), version);
        BinaryPrimitives.WriteUInt32BigEndian(disk.AsSpan(at + 40), 4096);
    }

    private static void Zfs(byte[] disk, string kind)
    {
        const int Label = 256 << 10;
        foreach (var at in new[] { 0, Label, Length - 2 * Label, Length - Label })
        {
            for (var i = 0; i < 3; i++) BinaryPrimitives.WriteUInt64LittleEndian(disk.AsSpan(at + (128 << 10) + i * 1024), 0x00BAB10C);
            var pairs = at + (16 << 10);
            var next = Pair(disk, pairs + 12, "pool_guid", 0x0123456789ABCDEF);
            next = Pair(disk, next, "vdev_children", 1);
            Put(disk, next + 40, kind);
        }
    }

    private static int Pair(byte[] disk, int at, string name, ulong value)
    {
        var padded = (name.Length + 3) / 4 * 4;
        var length = 12 + padded + 16;
        BinaryPrimitives.WriteInt32BigEndian(disk.AsSpan(at), length);
        BinaryPrimitives.WriteInt32BigEndian(disk.AsSpan(at + 4), length);
        BinaryPrimitives.WriteInt32BigEndian(disk.AsSpan(at + 8), name.Length);
        Put(disk, at + 12, name);
        BinaryPrimitives.WriteInt32BigEndian(disk.AsSpan(at + 12 + padded), 8);
        BinaryPrimitives.WriteInt32BigEndian(disk.AsSpan(at + 16 + padded), 1);
        BinaryPrimitives.WriteUInt64BigEndian(disk.AsSpan(at + 20 + padded), value);
        return at + length;
    }

    /// <summary>A FAT32 boot sector by mkfs.fat would do as well: the identifier alone tells.</summary>
    private static void ToGo(byte[] disk)
    {
        Put(disk, 0, "\u00ebX\u0090MSWIN4.1");
        new byte[] { 0x00, 0x02, 8, 0x20, 0, 2 }.CopyTo(disk, 0x0B);
        Put(disk, 0x52, "FAT32   ");
        new byte[] { 0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01 }.CopyTo(disk, 0x1A8);
        U32(disk, 0x1B8, 0x20000);
        Put(disk, 0x20000, "-FVE-FS-");
        disk[510] = 0x55;
        disk[511] = 0xAA;
    }
}
