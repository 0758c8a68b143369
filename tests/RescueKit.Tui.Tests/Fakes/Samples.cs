using RescueKit.Agent.Protocol;
using RescueKit.Engine;
using RescueKit.Engine.Inspection;

namespace RescueKit.Tui.Tests.Fakes;

/// <summary>A machine with a system disk to back up, an old disk to write over, a stick, and images on it.</summary>
internal static class Samples
{
    private const long MiB = 1L << 20, GiB = 1L << 30;
    public const string Passphrase = "correct horse";

    public static DateTimeOffset Now { get; } = new(2026, 11, 22, 3, 4, 5, TimeSpan.Zero);

    public static MachineInfo Machine { get; } = new()
    {
        Version = "1.0",
        HostName = "web1",
        Firmware = "UEFI",
        SecureBoot = true,
        IsRescueEnvironment = true,
        Keyboard = "us",
        StickDisk = "/dev/sdc",
    };

    public static DiskDocument Samsung { get; } = new()
    {
        Path = "/dev/nvme0n1",
        Kind = "disk",
        Length = 500107862016,
        Model = "Samsung SSD 970 EVO 500GB",
        Serial = "S4EVNX0M10841X",
        ConfirmId = "10841X",
        Bus = "nvme",
        Port = "pci-0000:01:00.0",
        LogicalSectorSize = 512,
        PhysicalSectorSize = 512,
        Uses = [],
        Warnings = [],
        Table = "gpt",
        DiskId = "9b1c",
        Partitions =
        [
            Partition(1, MiB, GiB / 2, "FAT32", "ESP", GiB / 10),
            Partition(2, GiB, 232 * GiB, "ext4", "root", 81 * GiB) with { WholeReason = null, Unclean = true },
            Partition(3, 233 * GiB, 232 * GiB, "ext4", "home", 220 * GiB),
        ],
    };

    public static DiskDocument Wdc { get; } = new()
    {
        Path = "/dev/sdb",
        Kind = "disk",
        Length = 1000204886016,
        Model = "WDC WD10EZEX",
        Serial = "WD-WCC6Y7Y7K2P",
        ConfirmId = "Y7K2P",
        Bus = "sata",
        Port = "ata-2",
        LogicalSectorSize = 512,
        PhysicalSectorSize = 4096,
        Rotational = true,
        Uses = [],
        Warnings = ["14 pending sectors"],
        Table = "gpt",
        DiskId = "77aa",
        Partitions = [Partition(1, MiB, 931 * GiB, "NTFS", "Archive", 702 * GiB)],
    };

    /// <summary>A notebook's: its root is LUKS.</summary>
    public static DiskDocument Enciphered { get; } = Samsung with
    {
        Partitions = [Partition(1, MiB, GiB / 2, "ext4", "boot", GiB / 10), Partition(2, GiB, 464 * GiB, "LUKS2", "", 464 * GiB)],
    };

    public static DiskDocument Stick { get; } = new()
    {
        Path = "/dev/sdc",
        Kind = "disk",
        Length = 57 * GiB,
        Model = "SanDisk Ultra",
        Serial = "4C53000133F1A",
        ConfirmId = "33F1A",
        Bus = "usb",
        Port = "usb-1.2",
        LogicalSectorSize = 512,
        PhysicalSectorSize = 512,
        Removable = true,
        Uses = ["partition 3 mounted at /run/stick"],
        Warnings = [],
        Table = "gpt",
        Partitions = [Partition(3, GiB, 56 * GiB, "exFAT", "RESCUEKIT-DATA", 14 * GiB) with { MountedAt = "/run/stick" }],
    };

    public static DiskDocument Small { get; } = new()
    {
        Path = "/dev/sdd",
        Kind = "disk",
        Length = 8 * GiB,
        Model = "Old CF card",
        ConfirmId = "CF01",
        Bus = "usb",
        LogicalSectorSize = 512,
        PhysicalSectorSize = 512,
        Uses = [],
        Warnings = [],
        Partitions = [],
        Table = "none",
    };

    public static DiskDocument Locked { get; } = Small with { Path = "/dev/sde", Model = "Write-protected card", ConfirmId = "WP02", Length = 1000 * GiB, ReadOnly = true };

    public static IReadOnlyList<DiskDocument> Disks { get; } = [Samsung, Wdc, Stick];

    public static IReadOnlyList<Place> Places { get; } =
    [
        new("p1", PlaceKind.Stick, "this stick", "/run/stick", "exFAT", 42 * GiB, 56 * GiB, false, "/dev/sdc", null),
        new("p2", PlaceKind.Nfs, "nas:/backup", "/run/places/nas", "nfs4", 1800 * GiB, 4000 * GiB, false, null, null),
        new("p3", PlaceKind.Partition, "Archive on /dev/sdb1", "/run/places/sdb1", "NTFS", 229 * GiB, 931 * GiB, true, "/dev/sdb", null),
    ];

    public static ImageDocument WebImage { get; } = new()
    {
        Path = "/run/stick/web1-2026-11-21.rki",
        ImageId = new Guid("0f0e0d0c-0b0a-4908-8706-050403020100"),
        Complete = true,
        Encrypted = false,
        Opened = true,
        Codec = "lz4",
        Parts = [],
        MissingParts = [],
        StoredBytes = 120 * GiB,
        UsedBytes = 301 * GiB,
        Taken = new TakingDocument("hot", "application", new DateTimeOffset(2026, 11, 21, 2, 0, 0, TimeSpan.Zero), "web1", "dm", [], 0.3),
        Disk = new ImageDiskDocument("/dev/nvme0n1", 500107862016, 512, 512, "gpt", "9b1c", "Samsung SSD 970 EVO 500GB", "S4EVNX0M10841X", null, "nvme"),
        Partitions = [Volume(1, MiB, GiB / 2, "FAT32", "ESP", GiB / 10), Volume(2, GiB, 232 * GiB, "ext4", "root", 81 * GiB), Volume(3, 233 * GiB, 232 * GiB, "ext4", "home", 220 * GiB)],
        Warnings = [],
        Repairs = [],
    };

    public static ImageDocument SecretImage { get; } = WebImage with
    {
        Path = "/run/places/nas/secret.rki",
        Encrypted = true,
        Opened = false,
        Disk = null,
        Taken = null,
        Partitions = [],
        UsedBytes = null,
    };

    public static IReadOnlyList<FoundImage> Images { get; } =
    [
        new("p1", WebImage.Path, Now.AddDays(-1), WebImage, null),
        new("p2", SecretImage.Path, Now.AddDays(-3), SecretImage, null),
        new("p2", "/run/places/nas/torn.rki", Now.AddDays(-9), null, "torn.rki: the header is damaged"),
    ];

    public static IReadOnlyList<Container> Containers { get; } =
    [
        new()
        {
            Id = "raid-id",
            Kind = ContainerKind.Raid,
            Name = "web1:0",
            Members = ["/dev/sdd1"],
            IsOpen = true,
            IsOurs = true,
            Problem = "1 of its 2 members is missing",
            Volumes = [new ContainerVolume("md127", "/dev/md127", "LUKS", null, 931 * GiB, null, null)],
        },
        new()
        {
            Id = "lvm-id",
            Kind = ContainerKind.Lvm,
            Name = "vg0",
            Members = ["/dev/sda2", "/dev/sde"],
            Volumes = [new ContainerVolume("root", null, null, null, 20 * GiB, null, null), new ContainerVolume("data", null, null, null, 400 * GiB, null, "its driver (raid,raid1) writes to the disks even where it is only read")],
        },
        new() { Id = "luks-id", Kind = ContainerKind.Luks, Name = "secret disk", Members = ["/dev/md127"], Volumes = [] },
    ];

    public static Container Opened(Container closed) => closed with
    {
        IsOpen = true,
        IsOurs = true,
        Volumes = closed.Kind == ContainerKind.Lvm
            ? [closed.Volumes[0] with { Node = "/dev/mapper/vg0-root", FileSystem = "ext4", Label = "web root" }, closed.Volumes[1]]
            : [new ContainerVolume("luks-1a2b3c4d", "/dev/mapper/luks-1a2b3c4d", "ext4", null, 931 * GiB, null, null)],
    };

    public static IReadOnlyList<PlaceEntry> TopFolder { get; } =
        [new("machines", true, false, 0, Now), new("notes.txt", false, false, 120, Now), new("top.rki", false, true, 5 * GiB, Now)];

    public static IReadOnlyList<PlaceEntry> SubFolder { get; } = [new("db1.rki", false, true, 7 * GiB, Now)];

    /// <summary>The files of an image: /etc with a link to it, and a folder that comes in two parts.</summary>
    public static FilePage FilesIn(string folder, string? behind) => folder switch
    {
        "/etc" or "/link" => new("/etc", [InImage("/etc/fstab", 612), InImage("/etc/nginx")], false),
        "/etc/nginx" => new("/etc/nginx", [InImage("/etc/nginx/mime.types", 3957), InImage("/etc/nginx/nginx.conf", 1482)], false),
        "/many" => behind is null ? new("/many", [InImage("/many/f1", 1)], true) : new("/many", [InImage("/many/f2", 2)], false),
        _ => new("/",
            [InImage("/etc"), new FileEntry("/link", "link", 4, Now.AddDays(-40), "/etc"), InImage("/many"), new FileEntry("/pipe", "pipe", 0, Now, null),
                new FileEntry("/rotten", "unreadable", 0, default, null), InImage("/swapfile", 2 * GiB)], false),
    };

    public static FilePage ManyFiles(int number) => new("/", [.. Enumerable.Range(0, number).Select(i => InImage($"/file{i:d3}", 1))], false);

    public static FilePage FoundFiles { get; } = new("/", [InImage("/etc/nginx/nginx.conf", 1482), InImage("/usr/share/fontconfig")], false);

    private static FileEntry InImage(string path, long? size = null) => new(path, size is null ? "folder" : "file", size ?? 0, Now.AddDays(-8), null);

    public static IReadOnlyList<LogLine> Log { get; } = [new(1, Now.AddMinutes(-2), "the host has started"), new(2, Now.AddMinutes(-1), "3 disks found")];

    public static RunProgress Progress { get; } =
        new("writing", 184 * GiB, 301 * GiB, 412 * MiB, TimeSpan.FromSeconds(461), TimeSpan.FromSeconds(290), 0) { Partition = 3 };

    public static Receipt Receipt { get; } = new()
    {
        Operation = "restore",
        Verdict = "complete",
        ToolVersion = "1.0",
        StartedAt = Now,
        FinishedAt = Now.AddMinutes(12),
        Source = WebImage.Path,
        Target = "/dev/sdb",
        BytesRead = 301 * GiB,
        BytesWritten = 301 * GiB,
        BytesVerified = 301 * GiB,
    };

    public static ImageDocument ImageAt(string path) => path == SecretImage.Path ? SecretImage : WebImage with { Path = path };

    /// <summary>As the engine plans: a disk that is written over has to be confirmed, a new file not.</summary>
    public static RunPlan PlanOf(RunRequest request)
    {
        var words = request.Command;
        var operation = words[0] == "clone" ? "clone" : words[1] switch { "create" => "backup", var other => other };
        var (from, onto) = operation == "clone" ? (words[1], words[2]) : (words[2], operation == "verify" ? words[2] : words[3]);
        if (operation == "get") return PlanOfFiles(words);
        var whole = operation is "backup" or "clone" && !words.Contains("used");
        var overwritten = operation is "restore" or "clone";
        return new RunPlan
        {
            Operation = operation,
            From = new PlanDisk(from, 500107862016, "Samsung SSD 970 EVO 500GB", "S4EVNX0M10841X", "disk, GPT, 3 partitions"),
            Onto = overwritten
                ? new PlanDisk(onto, Wdc.Length, Wdc.Model, Wdc.Serial, "disk, GPT, 1 partition")
                : new PlanDisk(onto, 42 * GiB, null, null, "a new file"),
            Items =
            [
                new PlanItem(1, overwritten ? 1 : null, "FAT32", "ESP", GiB / 2, GiB / 10, "used blocks", null, null),
                whole
                    ? new PlanItem(2, overwritten ? 2 : null, "ext4", "root", 232 * GiB, 232 * GiB, "whole", "not cleanly unmounted", 81 * GiB)
                    : new PlanItem(2, overwritten ? 2 : null, "ext4", "root", 232 * GiB, 81 * GiB, "used blocks", null, words.Contains("used") ? 232 * GiB : null),
                new PlanItem(3, overwritten ? 3 : null, "ext4", "home", 232 * GiB, 220 * GiB, "used blocks", null, null),
                new PlanItem(null, null, "tables, boot code, gaps", null, 3 * MiB, 3 * MiB, "whole", null, null),
            ],
            Lost = overwritten ? ["partition 1: NTFS \"Archive\", 931.5 GiB"] : [],
            Warnings = overwritten ? ["The backup GPT moves to the new end of the disk."] : [],
            ConfirmId = overwritten ? "Y7K2P" : null,
            BytesToRead = 301 * GiB,
            BytesToWrite = 301 * GiB,
        };
    }

    private static RunPlan PlanOfFiles(IReadOnlyList<string> words) => new()
    {
        Operation = "get",
        From = new PlanDisk(WebImage.Path, 232 * GiB, "Samsung SSD 970 EVO 500GB", "S4EVNX0M10841X", "image of /dev/nvme0n1, partition 2"),
        Onto = new PlanDisk(words[^1], 42 * GiB, null, null, "folder"),
        Items = [new PlanItem(2, null, "ext4", "root", 232 * GiB, 3 * MiB, "17 files", null, null)],
        BytesToRead = 3 * MiB,
        BytesToWrite = 3 * MiB,
    };

    private static PartitionDocument Partition(int number, long offset, long length, string fileSystem, string label, long used) => new()
    {
        Number = number,
        Offset = offset,
        Length = length,
        Type = "0fc63daf",
        TypeName = "Linux filesystem",
        Name = label,
        FileSystem = fileSystem,
        Label = label,
        UsedBytes = used,
        Warnings = [],
    };

    private static ImageVolumeDocument Volume(int number, long offset, long length, string fileSystem, string label, long used) =>
        new(number, offset, length, "0fc63daf", "Linux filesystem", null, label, fileSystem, label, null, 4096, used, false, null, false, 0, false, true, []);
}
